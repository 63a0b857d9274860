// The shapes that the summaries room shows to other rooms, apart from the code that makes them.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Period } from '../../../protocols/periods.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'

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
