// What the policy room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'

/** The *author* of a request, never the connection it came over. */
export interface Principal {
  readonly node_id: NodeId
  readonly trust_level: TrustLevel
  readonly denied: boolean
  readonly roles: readonly string[]
  readonly teams: readonly string[]
}

export const QUERY_ACTIONS = [
  'query.tool_usage',
  'query.safety_posture',
  'query.activity_patterns',
  'query.anomalies',
  'query.node_health',
] as const

export type QueryAction = (typeof QUERY_ACTIONS)[number]

/** `summary.receive`: to be sent this node's summaries, decided for each category by itself. */
export const ACTIONS = [...QUERY_ACTIONS, 'summary.receive'] as const

export type Action = (typeof ACTIONS)[number]

export const SHARING_CATEGORIES = ['tool_usage', 'activity_patterns', 'safety_stats', 'anomalies'] as const

export type SharingCategory = (typeof SHARING_CATEGORIES)[number]

export interface Resource {
  /** 1: this node's own summary numbers; 2: released aggregates. Health carries no person's data: level 1. */
  readonly level: 1 | 2
  /** Absent for node health, which any admitted node may have. */
  readonly category?: SharingCategory
}

/** What one person (uid) on this node agreed to; starts as the file's `[sharing]`. */
export interface Consent {
  /** Node ids, `team:x`, `role:x`, or `*`. Who may have level 1. */
  readonly allow_peers: readonly string[]
  /** Likewise for level 2; who may have level 1 may have level 2 too, since it says less. */
  readonly allow_supervisors: readonly string[]
  /** Likewise: who may have nothing of this person's, whatever the two lists above say. */
  readonly deny_peers: readonly string[]
  readonly max_level: 0 | 1 | 2
  readonly categories: Readonly<Record<SharingCategory, boolean>>
  /** `share off`: nothing to anybody. */
  readonly off: boolean
}

export interface Context {
  /** Absent for requests that touch no person's data (health). */
  readonly consent?: Consent
}

export interface Decision {
  /** `withhold`: entitled in principle, but it cannot be had in this form now; `reason` says what is missing. */
  readonly effect: 'allow' | 'deny' | 'withhold'
  /** Stable id of the deciding rule, e.g. `consent.none`; goes to the audit, never to the requester on deny. */
  readonly rule: string
  readonly reason: string
}
