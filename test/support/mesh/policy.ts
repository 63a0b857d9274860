// Policies of nodes: the owner's layer, and without policy files the built-in role table.
import type { Config } from '../../../src/config/index.ts'
import { createPolicy, type Policy } from '../../../src/trust/policy/index.ts'
import { BUILT_IN_SET, type PolicyDeps } from '../../../src/trust/policy/policy.ts'

/** Of a node without teams, whose organisation may only take away, as far as the test says nothing else. */
export const policyOf = (deps: Partial<PolicyDeps>, set = BUILT_IN_SET): Policy =>
  createPolicy({ teams: () => [], k: () => 5, accept: () => 'restrict', now: () => 0, ...deps }, set)

/** `teams`: those the node is in. */
export const plainPolicy = (teams: readonly string[] = []): Policy => policyOf({ teams: () => teams })

/** Everybody may have everything. */
export const SHARING: Config['sharing'] = {
  max_level: 2,
  allow: { peers: ['*'], supervisors: ['*'] },
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
  anomalies: 'identified',
  k_min: 5,
  budget: 28,
}
