// The policy of a node without policy files: the owner's layer and the built-in role table.
import type { Config } from '../../../src/config/index.ts'
import { createPolicy, type Policy } from '../../../src/trust/policy/index.ts'

/** `teams`: those the node is in. */
export const plainPolicy = (teams: readonly string[] = []): Policy =>
  createPolicy({ teams: () => teams, k: () => 5, now: () => 0 })

/** Everybody may have everything. */
export const SHARING: Config['sharing'] = {
  max_level: 2,
  allow: { peers: ['*'], supervisors: ['*'] },
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
  anomalies: 'identified',
  k_min: 5,
  budget: 28,
}
