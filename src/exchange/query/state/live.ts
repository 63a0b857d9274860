// What the members of one question of this node came to so far.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Collected } from '../asking/types.ts'
import type { Live } from './types.ts'

/** What a member comes to if nothing more is heard of it. */
export const soFar = ({ collected, provisional }: Live, node: NodeId): Collected =>
  collected.get(node) ?? provisional.get(node) ?? { outcome: 'unreachable' }

/** The members for which a summary may have to stand in. */
export const missing = (live: Live): readonly NodeId[] =>
  live.summaries ? [...live.members.keys()].filter((node) => soFar(live, node).outcome === 'unreachable') : []
