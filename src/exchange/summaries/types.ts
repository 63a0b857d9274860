// The shapes that the summaries room shows to other rooms, apart from the code that makes them.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Period } from '../../../protocols/periods.ts'
import type { Room } from '../../base/run/room.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { SummaryCategory } from './groups.ts'

/**
 * What one recipient will be able to read of one person in the summary of one period, were it published now. Where
 * others of this machine share with the same nodes, theirs is added to it before it is sealed.
 */
export interface SummaryPreview {
  readonly recipients: readonly {
    readonly node_id: NodeId
    readonly fingerprint: string
    readonly name: string
  }[]
  /** The plaintext's meaning, field by field: what the bytes decode to. */
  readonly summary: NodeSummary
  /** The plaintext, MessagePack. */
  readonly bytes: Uint8Array
}

export type PreviewReader = { readonly node: NodeId } | { readonly role: string }

/** A range as covered by one member's summaries. */
export interface SummaryCover {
  /** Disjoint periods inside the range, oldest first. */
  readonly summaries: readonly NodeSummary[]
  /** Milliseconds since the epoch: when the newest of them was derived. */
  readonly as_of: number
  /** The part of the range that is known, hours in which nobody typed included; absent: none of it. */
  readonly covers?: TimeRange | undefined
}

export interface CoverAbout {
  /** Whether a summary tells of anything as far as the question goes; absent: of any command. */
  readonly tells?: (summary: NodeSummary) => boolean
  /** A range in which nobody typed, as far as what is around it shows, is covered by no summary at all, and not unknown. */
  readonly quiet?: boolean
}

/** One signed and sealed document: the newest edition of a period. Times in milliseconds since the epoch. */
interface Edition {
  readonly period: Period
  readonly published_at: number
  readonly expires_at: number
  /** Size of the frame. */
  readonly bytes: number
}

export interface PublishedSummary extends Edition {
  /** The nodes that can open the edition and read numbers of the person that asked. */
  readonly recipients: readonly NodeId[]
}

export interface HeldSummary extends Edition {
  readonly author: NodeId
  readonly received_at: number
  /** When its author derived the numbers. */
  readonly generated_at: number
}

interface HeldFilter {
  /** Absent: editions of all authors. */
  readonly author?: NodeId
  /** Only periods that end after it, milliseconds since the epoch. */
  readonly since: number
  readonly limit: number
}

interface SummariesStatus {
  /** Nodes that this one's summaries are sealed to. */
  readonly recipients: number
  /** Nodes that may read them, but for whom one document has no room. */
  readonly left_out: number
  /** Summaries of others, for this node, that did not open or said what cannot be; since the start. */
  readonly refused: number
}

interface Withdrawal {
  readonly held: number
  readonly emptied: number
  readonly fetched: number
  readonly end: () => void
}

export interface Summaries extends Room {
  /**
   * What would leave now of this person's about the open hour, day and week and the closed ones not yet sent, one entry per period and
   * group of recipients that may read the same. `reader` narrows it to what that node, or any node with that role here,
   * could read.
   */
  preview(uid: number, reader?: PreviewReader): Promise<readonly SummaryPreview[]>
  /**
   * What somebody would read of this person whom they allowed just these categories, about the open hour, day and week:
   * to be looked at before anything is allowed, so it names no recipients. Empty where there is nothing to tell.
   */
  previewOf(uid: number, categories: readonly SummaryCategory[]): Promise<readonly SummaryPreview[]>
  /** Undefined: this node holds nothing of theirs for that range. Whole UTC hours; the widest periods that fit are used. */
  cover(author: NodeId, range: TimeRange, about?: CoverAbout): Promise<SummaryCover | undefined>
  /**
   * Publishes without this node what was sealed to it, as if it were denied already, and lets it fetch that if it is
   * connected: for two seconds at most. `held`: summaries that it could open until now. `emptied`: those that were published
   * without it. `fetched`: of these, what it took from here. Call `end` when the decision about it is made, or was not.
   * `begun` is called when it is known what the node could open: from then on the node may be denied.
   */
  withdrawFrom(node: NodeId, begun?: () => void): Promise<Withdrawal>
  /** True when the author published anew without this node, and nothing for it since. */
  withdrawn(author: NodeId, range: TimeRange): Promise<boolean>
  /** This node's editions with numbers of that person in them, the newest period first. */
  published(uid: number): Promise<readonly PublishedSummary[]>
  /** Editions of others that open here, the newest period first; `total` counts also those beyond the limit. */
  held(filter: HeldFilter): Promise<{ readonly summaries: readonly HeldSummary[]; readonly total: number }>
  status(): SummariesStatus
}
