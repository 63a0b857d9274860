// The result of a query as the API returns it and `karo query --json` prints it.
import type { QueryFilter, QueryType } from '../../../protocols/messages/query.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { BucketTotals, Contributions, Unreleased } from '../totals/types.ts'
import type { NodePart, QueryData } from './query-types/index.ts'

export const OUTCOMES = [
  'answered',
  'from_summary',
  'denied',
  'withheld',
  'busy',
  'error',
  'not_supported',
  'bad_signature',
  'unreachable',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Why a member is `unreachable`. `away`: nobody has heard of it lately, and why is not known. */
export const UNREACHED = [
  'clock',
  'not_trusted_there',
  'encryption',
  'links_full',
  'links_full_there',
  'left',
  'lost',
  'silent',
  'away',
] as const
type Unreached = (typeof UNREACHED)[number]

/** The three ways in which a query ends. */
export const ENDINGS = ['all_done', 'deadline', 'cancelled'] as const

/** Every known member is in exactly one count; the counts add up to `known`. */
export interface Coverage {
  readonly known: number
  readonly answered: number
  readonly from_summary: number
  readonly denied: number
  readonly withheld: number
  /** busy, error, not_supported, bad_signature. */
  readonly failed: number
  readonly unreachable: number
  /** answered = known. */
  readonly complete: boolean
  /** Outcomes only, never numbers. */
  readonly nodes: readonly MemberOutcome[]
}

export interface MemberOutcome {
  readonly fingerprint: string
  /** The member's name as this node's people know it. */
  readonly name: string
  readonly outcome: Outcome
  /** Only of a member that is `unreachable`. */
  readonly why?: Unreached
  /** With `clock`: the member's clock minus this one, milliseconds. */
  readonly clock_off_ms?: number
  /** With `left`, `lost` and `away`: RFC 3339 UTC. */
  readonly last_seen?: string
}

/** One node by itself, with the member of its query type. */
export interface PerNode extends NodePart {
  readonly fingerprint: string
  readonly name: string
  /** RFC 3339 UTC: when the owner computed it. */
  readonly as_of: string
  /** `summary`: the node is absent, and this is what it last published for this node. */
  readonly source: 'live' | 'summary'
}

/** Which part of the asked range the numbers rest on. */
export interface ResultReach {
  /** Nodes that were heard, live or by their last summary, this one included. */
  readonly nodes: number
  /** Nodes whose records cover the whole range, as far as it lies in the past. */
  readonly whole: number
  /** The others, by name; `covers` is null where there are no records in the range at all, or where it is not said. */
  readonly short: readonly {
    readonly fingerprint: string
    readonly name: string
    readonly source: PerNode['source']
    /** RFC 3339 UTC. */
    readonly covers: { readonly start: string; readonly end: string } | null
    /** The node gave numbers without saying which part of the time they cover. */
    readonly unsaid?: true
  }[]
}

export interface QueryResult {
  readonly query_id: string
  /** 32 hex digits: what this node, its ledger and the owners noted down about this question has them too. */
  readonly trace_id: string
  readonly query_type: QueryType
  readonly level: 1 | 2
  readonly time_range: { readonly start: string; readonly end: string }
  readonly status: 'success' | 'access_denied' | 'no_data' | 'withheld'
  /** The filters of the question, if it had any. */
  readonly filters?: readonly QueryFilter[]
  readonly team?: string
  /** The operator who asked; absent: this node asked. */
  readonly asked_as?: {
    readonly operator: NodeId
    readonly fingerprint: string
    readonly name: string
    readonly roles: readonly string[]
    readonly teams: readonly string[]
  }
  /** This node's own numbers, which belong to the result, could not be read in time. */
  readonly own_missing?: true
  readonly data: QueryData
  /** With `--per-node`. */
  readonly nodes?: readonly PerNode[]
  /** RFC 3339 UTC: when the oldest of these numbers was computed; null without any. */
  readonly as_of: string | null
  readonly coverage: Coverage
  /** Null for numbers that are of now. */
  readonly reach: ResultReach | null
  /** Nodes behind each `change`, of those that gave numbers; null for a type that compares nothing. */
  readonly compared: { readonly nodes: number; readonly of: number } | null
  /** At level 2: which closed periods the totals are of, and why the others are missing. */
  readonly released?: {
    /** The role that the totals were computed for. */
    readonly audience: string
    /** Rows that some of the periods withheld: what is shown of them is of the others, so it is the least. */
    readonly partly: readonly string[]
    /** Of a team that was asked about: machines of it in the newest of these periods, and all it had then; null: not known. */
    readonly team?: { readonly name: string; readonly machines: number; readonly of: number | null }
    /** Nodes that showed releases which this one does not hold; empty: it held all that there is. */
    readonly holders: readonly {
      readonly node_id: NodeId
      readonly fingerprint: string
      readonly name: string
    }[]
    /** Nodes that sent something altered, or about something else, in their place. */
    readonly refused: readonly {
      readonly node_id: NodeId
      readonly fingerprint: string
      readonly name: string
    }[]
    readonly buckets: readonly {
      /** RFC 3339 UTC. */
      readonly start: string
      readonly end: string
      /** Null: it was released. */
      readonly why: Unreleased | null
      readonly contributions: Contributions | null
      /** The fewest machines behind a row that is shown. */
      readonly k: number
      readonly rows_withheld: number
    }[]
  }
  /** At level 2, of a team: the same numbers of the machines beside it; absent: not released, or not for who asks. */
  readonly elsewhere?: { readonly machines: number; readonly data: QueryData }
  /** With `opened` of the request: the closed buckets in the range, none without `released`; it never leaves the process. */
  readonly opened?: readonly BucketTotals[]
  readonly privacy: {
    readonly mode: 'per_node' | 'aggregate'
    readonly k_min: number
    readonly cells_suppressed: number
    readonly noise: string
  }
  readonly ended_by: (typeof ENDINGS)[number]
  readonly timing: {
    readonly first_ms: number | null
    readonly last_ms: number | null
    readonly elapsed_ms: number
  }
  /** Why something is withheld, and what to do about it; for people. */
  readonly notes: readonly string[]
}
