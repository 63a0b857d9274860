// One question of this node while it is under way: whom it is for, and what each of them came to so far.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { Collected } from '../asking/types.ts'
import type { AskId, Routed } from './types.ts'

/** What the edge says of a question of this node when it begins. */
export interface NewQuestion {
  readonly ask: AskId
  readonly question: Routed
  /** The members known now; answers of other nodes do not count. */
  readonly members: ReadonlyMap<NodeId, Member>
  /** How many members this node knows, whether they are asked or not. */
  readonly known: number
  /** Monotonic, ms. */
  readonly startedAt: number
  readonly deadlineAt: number
  /** Published summaries may stand in for members that do not answer. */
  readonly summaries: boolean
}

export interface Live extends NewQuestion {
  readonly collected: Map<NodeId, Collected>
  /** Of members that are not settled: `busy` or `error`, brought by others. Stands when nothing better comes. */
  readonly provisional: Map<NodeId, Collected>
}

/** What a member comes to if nothing more is heard of it. */
export const soFar = ({ collected, provisional }: Live, node: NodeId): Collected =>
  collected.get(node) ?? provisional.get(node) ?? { outcome: 'unreachable' }

/** The members for which a summary may have to stand in. */
export const missing = (live: Live): readonly NodeId[] =>
  live.summaries ? [...live.members.keys()].filter((node) => soFar(live, node).outcome === 'unreachable') : []
