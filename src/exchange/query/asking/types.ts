// What was collected for one question of this node: the node's own part and each member's outcome.
import type { MeshQueryBody, QueryFilter, SealedAnswer } from '../../../../protocols/messages/query.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import type { Apart } from '../../../mesh/index.ts'
import type { Acting } from '../../../trust/operators/index.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { AskedType, NodeData } from '../query-types/index.ts'
import type { Outcome, QueryResult } from '../result.ts'
import type { whyUnreached } from './unreached.ts'

/** The outcome of one member. */
export interface Collected {
  readonly outcome: Outcome
  readonly answer?: SealedAnswer
  /** With `from_summary`: what the member published before it went away, and when (ms since the epoch). */
  readonly summary?: AbsentData
  /** Since the query began. Absent: it said nothing. */
  readonly at_ms?: number
}

/** What an absent member published before. */
export interface AbsentData {
  readonly data: NodeData
  /** Milliseconds since the epoch. */
  readonly as_of: number
  /** The part of the asked range that its summaries, as far as they are held here, reach over; absent: none of it. */
  readonly covers?: TimeRange
}

/** This node's own part; empty for a team. */
export interface OwnData {
  readonly data?: NodeData
  /** The part of the asked range that this person's records reach over; absent: none of it. */
  readonly covers?: TimeRange
  /** The asking person's own numbers do not belong to the result. */
  readonly none?: true
  /** The node's own part could not be read, or not in time. */
  readonly failed?: true
}

export interface Collection {
  /** 32 hex digits. */
  readonly trace_id: string
  readonly question: Pick<MeshQueryBody, 'query_id' | 'level' | 'time_range'> & {
    readonly query_type: AskedType
  }
  readonly perNode: boolean
  /** All filters. The asking node applies owners' filters too, so that an owner that ignored them changes nothing. */
  readonly filters: readonly QueryFilter[]
  readonly team: string | undefined
  /** The operator who asked; undefined: this node did. */
  readonly acting?: Pick<Acting, 'operator' | 'fingerprint' | 'name' | 'roles' | 'teams'> | undefined
  readonly self: { readonly fingerprint: string; readonly name: string; readonly as_of: number }
  readonly own: OwnData
  /** Every member that was known when the query began. */
  readonly members: readonly {
    readonly member: Member
    readonly collected: Collected
    /** Why an unreachable member did not answer. */
    readonly unreached?: ReturnType<typeof whyUnreached>
  }[]
  /** Members that are known by gossip alone and not trusted here; they were not asked. */
  readonly hearsay: number
  /** Nodes that are trusted here and were never met, and why. */
  readonly strays?: readonly { readonly name: string; readonly apart: Apart }[]
  /** No revocation list came here for a week, so that certificates of members open nothing here, nor there if none came. */
  readonly stale?: boolean
  readonly k_min: number
  readonly ended_by: QueryResult['ended_by']
  readonly elapsed_ms: number
}
