// What a query comes to: the result shape that the API returns and `karo query --json` prints (product.md).
import type { NodeHealthStatus, SafetyPosture } from '../../../protocols/messages/numbers.ts'
import type { QueryFilter, QueryType } from '../../../protocols/messages/query.ts'

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
export const UNREACHED = ['clock', 'not_trusted_there', 'left', 'lost', 'silent', 'away'] as const
type Unreached = (typeof UNREACHED)[number]

/** What ends a query. */
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
  /** What this node's people call it. */
  readonly name: string
  readonly outcome: Outcome
  /** Only of a member that is `unreachable`. */
  readonly why?: Unreached
  /** With `clock`: the member's clock minus this one, milliseconds. */
  readonly clock_off_ms?: number
  /** With `left`, `lost` and `away`: RFC 3339 UTC. */
  readonly last_seen?: string
}

export interface ToolRow {
  readonly tool: string
  readonly category: string
  readonly uses: number
  /** Nodes that used it, oneself included. */
  readonly nodes: number
  /** 0 to 1. */
  readonly failure_rate: number
  /**
   * Uses less those of the same nodes in the period of equal length before; null when one that used it did not say.
   * The open hour counts as far as it has come.
   */
  readonly change: number | null
}

export const RISK_NAMES = [
  'safe',
  'moderate',
  'high',
  'critical',
] as const satisfies readonly (keyof SafetyPosture['by_risk_level'])[]

export interface SafetyData {
  /** Commands; 0 for a level that a filter leaves out. */
  readonly by_risk_level: SafetyPosture['by_risk_level']
  readonly blocked: number
  readonly confirmed_risky: number
  readonly karo_generated: number
  /** Nodes behind these numbers, oneself included. */
  readonly nodes_reporting: number
  /** Of those, where the guard is on. */
  readonly nodes_guarded: number
  /** Of those, where a shell hook stopped reporting. */
  readonly hooks_silent: number
}

export interface ActivityData {
  /** Commands by hour of each owner's day, 24 of them; 0 where a filter leaves an hour out. */
  readonly hourly: readonly number[]
  /** By day of each owner's week, Monday first, 7 of them; 0 where a filter leaves a day out. */
  readonly daily: readonly number[]
  readonly total_commands: number
  /** Different ones, summed over nodes: what two nodes both ran counts twice. */
  readonly unique_commands: number
}

/** As the node says; of one that cannot be reached only what this node knows of it, and null for the rest. */
export interface HealthRow extends Omit<NodeHealthStatus, 'version' | 'uptime_seconds' | 'events_24h'> {
  readonly version: string | null
  readonly uptime_seconds: number | null
  readonly events_24h: number | null
}

export interface PerNode {
  readonly fingerprint: string
  readonly name: string
  /** RFC 3339 UTC: when the owner computed it. */
  readonly as_of: string
  /** `summary`: the node is absent, and this is what it last published for this node. */
  readonly source: 'live' | 'summary'
  readonly tools?: readonly ToolRow[]
  readonly safety?: SafetyPosture
  readonly activity?: ActivityData
  readonly health?: NodeHealthStatus
}

export type QueryData =
  | { readonly tools: readonly ToolRow[] }
  | SafetyData
  | ActivityData
  | { readonly nodes: readonly HealthRow[] }

export interface QueryResult {
  readonly query_id: string
  /** 32 hex digits: what this node, its ledger and the owners noted down about this question has them too. */
  readonly trace_id: string
  readonly query_type: QueryType
  readonly level: 1 | 2
  readonly time_range: { readonly start: string; readonly end: string }
  readonly status: 'success' | 'access_denied' | 'no_data' | 'withheld'
  /** What was asked for beside the type, when it was. */
  readonly filters?: readonly QueryFilter[]
  readonly team?: string
  /** This node's own numbers, which belong to the result, could not be read in time. */
  readonly own_missing?: true
  readonly data: QueryData
  /** With `--per-node`. */
  readonly nodes?: readonly PerNode[]
  /** RFC 3339 UTC: when the oldest of these numbers was computed; null without any. */
  readonly as_of: string | null
  readonly coverage: Coverage
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
