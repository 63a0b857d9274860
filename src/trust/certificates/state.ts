// How this node stands in its mesh, as people and tools are told.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { toHex } from '../../base/hex.ts'
import type { JoiningRecord } from '../../store/tables/fleet.ts'
import type { FleetState } from './fleet-types.ts'
import type { Roll } from './roll-types.ts'

export interface Standing {
  readonly self: NodeId
  readonly roll: Roll
  /** Milliseconds since the epoch. */
  readonly now: number
  /** When this node joined its mesh, ms; undefined: it is in none. */
  readonly joinedAt: number | undefined
  readonly joining: JoiningRecord | undefined
  readonly refused: string | null
  /** A node that rotated its key has two certificates for a while, and is one member. */
  readonly memberOf: (node: NodeId) => NodeId
}

export function stateOf({ self, roll, now, joinedAt, joining, refused, memberOf }: Standing): FleetState {
  const root = roll.root()
  const { newest, listed } = roll.lists(now)
  const word = roll.word(self, now)
  return {
    mesh: root === undefined ? null : toHex(root.mesh),
    root: root === undefined ? null : formatNodeId(root.key),
    joined_at: joinedAt ?? null,
    own: word?.binding ?? null,
    why_not: roll.whyNot(self, now) ?? null,
    issuer: word?.binding.usage === 'issuer',
    lists_at: root === undefined ? null : newest,
    stale: word?.stale ?? false,
    certified: new Set(roll.certified(now).map(({ node_id }) => memberOf(node_id))).size,
    revoked: listed,
    joining:
      joining === undefined && refused === null
        ? null
        : { expires_at: joining?.expires_at ?? 0, refused, places: joining?.places ?? [] },
  }
}
