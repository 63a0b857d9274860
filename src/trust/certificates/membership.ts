// To which root's mesh this node belongs, since when, and by which certificates.

import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import type { MembershipRecord } from '../../store/tables/fleet.ts'
import type { Audit } from '../audit/index.ts'
import type { Roll } from './roll-types.ts'
import { meshOf } from './sign.ts'

export interface Membership {
  /** As it was stored when this node ended. */
  load(stored: MembershipRecord | undefined): void
  /** Milliseconds since the epoch; undefined: this node belongs to no mesh. */
  joinedAt(): number | undefined
  /** Whether `root` is the root of another mesh than this node's. */
  isOther(root: Uint8Array | undefined): boolean
  /** Belongs to this root's mesh from now on, in memory at once; returns what is to be stored. */
  begin(root: Uint8Array, chain: readonly Uint8Array[]): MembershipRecord
  /** The certificates to store after a change; undefined if none of them is valid. */
  renewed(): MembershipRecord | undefined
}

export interface MembershipDeps {
  readonly self: NodeId
  readonly roll: Roll
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  /** The certificates of this node, each to be taken like any other. */
  readonly take: (certificate: Uint8Array) => void
}

export function createMembership({ self, roll, audit, clock, take }: MembershipDeps): Membership {
  let membership: MembershipRecord | undefined

  return {
    load(stored) {
      membership = stored
      if (stored === undefined) return
      roll.trustRoot({ key: stored.root, mesh: meshOf(stored.root) }, stored.joined_at)
      for (const bytes of stored.chain) roll.certificate(bytes, clock.now())
    },
    joinedAt: () => membership?.joined_at,
    isOther: (root) =>
      root !== undefined && membership !== undefined && Buffer.compare(membership.root, root) !== 0,
    begin(root, chain) {
      const joined_at = membership === undefined ? clock.now() : membership.joined_at
      membership = { root, joined_at, chain }
      roll.trustRoot({ key: root, mesh: meshOf(root) }, joined_at)
      for (const bytes of chain) take(bytes)
      void audit.record({
        type: 'mesh_joined',
        success: true,
        details: { mesh: toHex(meshOf(root)), usage: roll.word(self, clock.now())?.binding.usage ?? '' },
      })
      return membership
    },
    renewed() {
      const chain = roll.chainOf(self, clock.now())
      if (membership === undefined || chain === undefined) return undefined
      membership = { ...membership, chain }
      return membership
    },
  }
}
