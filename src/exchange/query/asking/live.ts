// One question of this node while it is under way: whom it is for, and what each of them came to so far.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { OwnQuestion } from '../document.ts'
import type { QueryResult } from '../result.ts'
import type { Absent } from './absent.ts'
import type { Outreach } from './outreach.ts'
import type { Progress } from './progress.ts'
import type { Collected, OwnData } from './types.ts'

export type EndedBy = QueryResult['ended_by']

export interface Live {
  readonly question: OwnQuestion
  readonly trace: Uint8Array
  /** Those known when it began; nobody else's answer counts. */
  readonly members: ReadonlyMap<NodeId, Member>
  /** Members known by gossip alone and not trusted here, when it began. */
  readonly hearsay: number
  readonly outreach: Outreach
  readonly absent: Absent
  readonly progress: Progress
  readonly collected: Map<NodeId, Collected>
  /** Of those that are not settled: `busy` or `error`, brought by others. Stands when nothing better comes. */
  readonly provisional: Map<NodeId, Collected>
  /** Monotonic, ms. */
  readonly startedAt: number
  own: OwnData | undefined
  over: boolean
  readonly end: (by: EndedBy) => void
}

/** What a member comes to if nothing more is heard of it. */
export const soFar = ({ collected, provisional }: Live, node: NodeId): Collected =>
  collected.get(node) ?? provisional.get(node) ?? { outcome: 'unreachable' }
