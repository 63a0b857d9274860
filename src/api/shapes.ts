// JSON shapes of the API that the CLI prints as they are (product.md, "JSON shapes that scripts rely on").

import type { RejectCode } from '../../protocols/reject.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { HealthCheck } from '../base/room.ts'
import type { DocumentCounts } from '../documents/index.ts'
import type { Statistics } from '../insight/index.ts'
import type { Coverage, QueryResult } from '../query/result.ts'
import type { OpinionStep, PeerOpinion, PendingPeer } from '../trust/index.ts'

export type { AuditVerdict } from '../audit/index.ts'
export { AUDIT_TYPES } from '../audit/types.ts'
export { checkFilters, FILTER_FIELDS, OPERATORS, parseFilter } from '../query/filters.ts'
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
  readonly health: { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
}

export interface PeerShape
  extends Pick<PeerOpinion, 'fingerprint' | 'name' | 'trust_level' | 'roles' | 'teams' | 'why'> {
  readonly node_id: PendingPeer['node_id']
  readonly addresses: readonly string[]
  readonly state: 'connected' | 'known' | 'pending' | 'denied' | 'revoked'
  readonly last_seen: string | null
}

/** Of one peer after a decision, and of `peers explain` with the chain that led to it. */
export interface PeerAnswerShape {
  readonly peer: PeerShape
  readonly steps?: readonly OpinionStep[]
}

export interface AuditEntryShape extends Omit<AuditEntry, 'ts'> {
  readonly timestamp: string
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

/** Every error over the API, and on stdout with `--json`. */
export interface ErrorShape {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly where?: string
    readonly hint?: string
  }
}
