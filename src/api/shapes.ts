// JSON shapes of the API that the CLI prints as they are (product.md, "JSON shapes that scripts rely on").

import type { NodeSummary } from '../../protocols/messages/summary.ts'
import type { RejectCode } from '../../protocols/reject.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { HealthCheck } from '../base/room.ts'
import type { DocumentCounts } from '../documents/index.ts'
import type { Statistics } from '../insight/index.ts'
import type { Coverage, QueryResult } from '../query/result.ts'
import type { SummariesStatus } from '../summaries/index.ts'
import type { Member, OpinionStep, PeerOpinion, PendingPeer } from '../trust/index.ts'

export type { AuditVerdict } from '../audit/index.ts'
export { AUDIT_TYPES } from '../audit/types.ts'
export { checkFilters, FILTER_FIELDS, OPERATORS, parseFilter, passes, WEEKDAYS } from '../query/filters.ts'
export type { AskedType } from '../query/index.ts'
export type { Coverage, Outcome, QueryResult } from '../query/result.ts'
export { RISK_LEVELS } from '../risk/levels.ts'
export type { SharingView } from '../sharing/index.ts'
export { TRUST_LEVELS } from '../trust/levels.ts'

export interface StatusShape {
  readonly node_id: string
  readonly fingerprint: string
  readonly name: string
  readonly version: string
  readonly uptime_seconds: number
  readonly mesh: {
    readonly listen: readonly string[]
    readonly peers_connected: number
    readonly peers_trusted: number
    readonly peers_pending: number
    readonly members_known: number
    /** Frames refused since the start, by reason. */
    readonly rejected: Readonly<Record<RejectCode, number>>
  }
  readonly store: { readonly events: number; readonly bytes: number }
  readonly spool: { readonly pending_bytes: number; readonly dropped: number }
  /** Signed documents kept here. */
  readonly documents: DocumentCounts
  readonly summaries: SummariesStatus
  readonly health: { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
}

export interface PeerShape
  extends Pick<PeerOpinion, 'fingerprint' | 'name' | 'trust_level' | 'roles' | 'teams' | 'why'> {
  readonly node_id: PendingPeer['node_id']
  readonly addresses: readonly string[]
  readonly state: 'connected' | 'known' | 'pending' | 'denied' | 'revoked'
  readonly last_seen: string | null
  /** `gossip`: an admitted member passed its presence on; `link`: it was connected to this node. Null: no member. */
  readonly known_by: Member['known_by'] | null
  /** What it was last heard of: `unsure` when its connection broke without a goodbye. Null: no member. */
  readonly presence: 'online' | 'unsure' | 'offline' | null
}

/** Of one peer after a decision, and of `peers explain` with the chain that led to it. */
export interface PeerAnswerShape {
  readonly peer: PeerShape
  readonly steps?: readonly OpinionStep[]
}

export interface AuditEntryShape extends Omit<AuditEntry, 'ts'> {
  readonly timestamp: string
}

/** `karo share preview --json`: what would be sealed now, for whom. */
export interface SharePreviewShape {
  /** The node it was narrowed to. */
  readonly to: NodeShape | null
  /** The role it was narrowed to. */
  readonly role: string | null
  readonly summaries: readonly SummaryShape[]
}

interface NodeShape {
  readonly node_id: string
  readonly fingerprint: string
  readonly name: string
}

export interface SummaryShape {
  /** Everybody who could read it, in the order of their ids. */
  readonly recipients: readonly NodeShape[]
  /** What the bytes mean: NodeSummary, its times as RFC 3339 UTC. */
  readonly summary: Omit<NodeSummary, 'start' | 'end' | 'generated_at'> & {
    readonly start: string
    readonly end: string
    readonly generated_at: string
  }
  /** Of the plaintext. */
  readonly bytes: number
  /** BLAKE3 of the plaintext, 64 hex digits. */
  readonly digest: string
}

export interface EventShape {
  readonly id: string
  readonly timestamp: string
  readonly shell: string
  readonly command: string
  readonly cwd: string
  readonly exit_code: number | null
  readonly duration_ms: number | null
  readonly risk_level: 'safe' | 'moderate' | 'high' | 'critical'
  readonly category: string
  readonly karo_generated: boolean
}

export const HISTORY_LIMIT_DEFAULT = 50
export const HISTORY_LIMIT_MAX = 10_000

export const STATISTICS_PERIODS = ['today', 'week', 'month', 'year'] as const

/** `karo stats --json`. */
export interface StatisticsShape extends Omit<Statistics, 'range'> {
  readonly time_range: { readonly start: string; readonly end: string }
}

/** One line of `POST /api/v1/query` asked for as NDJSON; the last one is the result, or the error. */
export type QueryLine =
  | { readonly type: 'progress'; readonly coverage: Coverage }
  | { readonly type: 'result'; readonly result: QueryResult }
  | ({ readonly type: 'error' } & ErrorShape)

/**
 * How far a token opens the API over TCP, each what those before it open: `metrics` the numbers for a scraper, `read`
 * whatever is only shown, `ask` questions to the mesh, `full` everything its owner may do.
 */
export const TOKEN_SCOPES = ['metrics', 'read', 'ask', 'full'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** Every error over the API, and on stdout with `--json`. */
export interface ErrorShape {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly where?: string
    readonly hint?: string
  }
}
