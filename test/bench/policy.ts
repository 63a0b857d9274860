// Measures one decision about one question: both layers with the built-in table, and with the shipped Cedar file.

import { join } from 'node:path'
import { formatNodeId } from '../../protocols/node-id.ts'
import type { Consent, PolicySet, Principal } from '../../src/trust/policy/index.ts'
import { loadPolicies } from '../../src/trust/policy/load.ts'
import { policyOf } from '../support/mesh/policy.ts'

const SHIPPED = join(import.meta.dirname, '../../configs/policies/roles.cedar')
const DECISIONS = 500
const ROUNDS = 9

/** Microseconds of one decision, the least of some rounds, so that what else runs on the machine stays out; and milliseconds of reading the files. */
export interface PolicyFigures {
  readonly built_in_us: number
  readonly cedar_us: number
  readonly load_ms: number
}

export async function measurePolicy(): Promise<PolicyFigures> {
  const before = performance.now()
  const cedar = await loadPolicies([SHIPPED])
  const load_ms = performance.now() - before
  return { built_in_us: decisionUs(await loadPolicies([])), cedar_us: decisionUs(cedar), load_ms }
}

function decisionUs(set: PolicySet): number {
  const policy = policyOf({ teams: () => ['eng'] }, set)
  const who: Principal = {
    node_id: formatNodeId(new Uint8Array(32).fill(7)),
    trust_level: 'peer',
    denied: false,
    roles: ['lead'],
    teams: ['eng'],
  }
  const consent: Consent = {
    allow_peers: ['*'],
    allow_supervisors: ['*'],
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    max_level: 2,
    categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
    anomalies: 'identified',
    off: false,
  }
  const at = Date.now()
  const context = { at, range: { start: at - 86_400_000, end: at }, consent }
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    for (let i = 0; i < DECISIONS; i++) {
      const { effect } = policy.decide(who, 'query.tool_usage', { level: 1, category: 'tool_usage' }, context)
      if (effect !== 'allow') throw new Error('the decision is another one than was to be measured')
    }
    return ((performance.now() - start) * 1_000) / DECISIONS
  })
  return Math.min(...rounds)
}
