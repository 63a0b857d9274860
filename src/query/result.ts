// What a query comes to: the result shape that the API returns and `karo query --json` prints (product.md).
import type { NodeHealthStatus } from '../../protocols/messages/numbers.ts'
import type { QueryType } from '../../protocols/messages/query.ts'

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
  /** What this node's people call it. */
  readonly name: string
  readonly outcome: Outcome
}

export interface ToolRow {
  readonly tool: string
  readonly category: string
  readonly uses: number
  /** Nodes that used it, oneself included. */
  readonly nodes: number
  /** 0 to 1. */
  readonly failure_rate: number
  /** Uses against the period before, as a difference; null when that is not known. */
  readonly change: number | null
}

export interface PerNode {
  readonly fingerprint: string
  readonly name: string
  /** RFC 3339 UTC: when the owner computed it. */
  readonly as_of: string
  readonly tools?: readonly ToolRow[]
  readonly health?: NodeHealthStatus
}

export interface QueryResult {
  readonly query_id: string
  readonly query_type: QueryType
  readonly level: 1 | 2
  readonly time_range: { readonly start: string; readonly end: string }
  readonly status: 'success' | 'access_denied' | 'no_data' | 'withheld'
  readonly data: { readonly tools: readonly ToolRow[] } | { readonly nodes: readonly NodeHealthStatus[] }
  /** With `--per-node`. */
  readonly nodes?: readonly PerNode[]
  readonly coverage: Coverage
  readonly privacy: {
    readonly mode: 'per_node' | 'aggregate'
    readonly k_min: number
    readonly cells_suppressed: number
    readonly noise: string
  }
  readonly ended_by: 'all_done' | 'deadline' | 'cancelled'
  readonly timing: {
    readonly first_ms: number | null
    readonly last_ms: number | null
    readonly elapsed_ms: number
  }
  /** Why something is withheld, and what to do about it; for people. */
  readonly notes: readonly string[]
}
