// The state of this node in its mesh, as people and tools see it.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { toHex } from '../../base/hex.ts'
import type { LineageView } from '../lineage/index.ts'
import type { FleetState, RevokedHere } from './fleet-types.ts'
import type { Seeking } from './invites/seeking.ts'
import type { Roll } from './roll.ts'

export interface Standing {
  readonly self: NodeId
  readonly roll: Roll
  /** Milliseconds since the epoch. */
  readonly now: number
  /** When this node joined its mesh, ms; undefined: it is in none. */
  readonly joinedAt: number | undefined
  readonly seeking: Pick<Seeking, 'joining' | 'refusal' | 'attempt'>
  /** A node that rotated its key has two certificates for a while, and is one member. */
  readonly lineage: Pick<LineageView, 'ancestors' | 'memberOf'>
}

export function stateOf({ self, roll, now, joinedAt, seeking, lineage }: Standing): FleetState {
  const joining = seeking.joining()
  const { refused, detail } = seeking.refusal()
  const root = roll.root()
  const { newest, listed } = roll.lists(now)
  /** Its own key, and those before it: the one before is certified until the new one is. */
  const keys = lineage.ancestors(self)
  const word = first(keys, (key) => roll.word(key, now))
  return {
    mesh: root ? toHex(root.mesh) : null,
    root: root ? formatNodeId(root.key) : null,
    joined_at: joinedAt ?? null,
    own: word?.binding ?? null,
    why_not: (word === undefined && first(keys, (key) => roll.whyNot(key, now))) || null,
    revoked_by: word === undefined ? revokedBy(roll, keys, now) : null,
    issuer: word?.binding.usage === 'issuer',
    lists_at: root ? newest : null,
    stale: word?.stale ?? false,
    certified: new Set(roll.certified(now).map(({ node_id }) => lineage.memberOf(node_id))).size,
    revoked: listed,
    joining:
      joining === undefined && refused === null
        ? null
        : {
            expires_at: joining?.expires_at ?? 0,
            refused,
            detail,
            places: joining?.places ?? [],
            attempt: seeking.attempt(),
          },
  }
}

const first = <T>(keys: readonly NodeId[], of: (key: NodeId) => T | undefined): T | undefined =>
  keys.map(of).find((one) => one !== undefined)

/** Who revoked one of these keys; null: nobody did. */
function revokedBy(roll: Roll, keys: readonly NodeId[], now: number): RevokedHere | null {
  const revoked = first(keys, roll.revoked)
  const root = roll.root()
  if (revoked === undefined || root === undefined) return null
  const { by, at } = revoked
  return {
    node_id: by,
    at,
    root: by === formatNodeId(root.key),
    name: roll.word(by, now)?.binding.name ?? '',
  }
}
