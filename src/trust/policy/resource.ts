// What each action asks for: the sharing category it touches, and the level one's trust gives by default.
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import { onlyTotals } from './roles.ts'
import type { Action, Principal, QueryAction, Resource, SharingCategory } from './types.ts'

/** Null: no person's data. */
const QUERY_CATEGORY: Readonly<Record<QueryAction, SharingCategory | null>> = {
  'query.tool_usage': 'tool_usage',
  'query.safety_posture': 'safety_stats',
  'query.activity_patterns': 'activity_patterns',
  'query.anomalies': 'anomalies',
  'query.node_health': null,
}

/** `any`: the resource says which. */
export const ACTION_CATEGORY: Readonly<Record<Action, SharingCategory | 'any' | null>> = {
  ...QUERY_CATEGORY,
  'summary.receive': 'any',
}

/** The level of a request without one, by trust alone: supervisors see aggregates and never one node's numbers. */
const DEFAULT_LEVEL: Readonly<Record<TrustLevel, 1 | 2>> = {
  untrusted: 1,
  share_to: 1,
  query_from: 1,
  peer: 1,
  supervisor: 2,
}

/**
 * The resource an action touches; `level` as asked. Else it is what the principal's trust gives, or totals where its roles open
 * nothing else: the numbers of single nodes, which such an asker has as any member has them, are asked for by the level. Health
 * has level 1 only.
 */
export function resourceOf(action: QueryAction, principal: Principal, level: 1 | 2 | undefined): Resource {
  const category = QUERY_CATEGORY[action]
  if (category === null) return { level: 1 }
  const byRole = category !== 'anomalies' && onlyTotals(principal.roles) ? 2 : undefined
  return { level: level ?? byRole ?? DEFAULT_LEVEL[principal.trust_level], category }
}

/** One category of a summary, which is level 1. */
export const summaryResource = (category: SharingCategory): Resource => ({ level: 1, category })
