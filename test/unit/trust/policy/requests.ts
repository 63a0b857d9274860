// Requests for role policies, made by hand and at random, for the suite that both engines run.

import { formatNodeId } from '../../../../protocols/node-id.ts'
import { TRUST_LEVELS } from '../../../../src/base/words/trust-levels.ts'
import { builtIn } from '../../../../src/trust/policy/built-in.ts'
import {
  ACTIONS,
  type Consent,
  type PolicyEngine,
  type Principal,
  type RoleDecision,
  type RoleRequest,
  SHARING_CATEGORIES,
} from '../../../../src/trust/policy/index.ts'
import fc from '../../../support/run/properties.ts'

export const ASKER = formatNodeId(new Uint8Array(32).fill(7))
/** A Friday, 14:20 in the time of this machine. */
export const FRIDAY = new Date(2026, 10, 20, 14, 20).getTime()
export const HOUR = 3_600_000

export const principal = (over: Partial<Principal> = {}): Principal => ({
  node_id: ASKER,
  trust_level: 'peer',
  denied: false,
  roles: [],
  teams: [],
  ...over,
})

/** Everybody may have everything. */
export const consent = (over: Partial<Consent> = {}): Consent => ({
  allow_peers: ['*'],
  allow_supervisors: ['*'],
  deny_peers: [],
  allow_only: [],
  deny_only: [],
  max_level: 2,
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
  anomalies: 'identified',
  off: false,
  ...over,
})

/** An engine of policy files that says the same whatever it is asked. */
export function saying(effect: 'allow' | 'deny', rule: string): PolicyEngine {
  const decision: RoleDecision = { effect, rule, reason: effect }
  return { kind: 'cedar', judge: () => decision, judgeAgent: () => decision }
}

/** One that judges requests like this, and agents as the built-in one does. */
export const engineOf = (judge: PolicyEngine['judge']): PolicyEngine => ({
  kind: 'cedar',
  judge,
  judgeAgent: builtIn.judgeAgent,
})

/** One that cannot decide. */
export const failing = engineOf(() => {
  throw new Error('memory access out of bounds')
})

export const request = (over: Partial<RoleRequest> = {}): RoleRequest => ({
  principal: principal(),
  action: 'query.tool_usage',
  resource: { level: 1, category: 'tool_usage' },
  teams: [],
  k: 5,
  circumstances: { at: FRIDAY, range: { start: FRIDAY - 24 * HOUR, end: FRIDAY } },
  ...over,
})

/** A person who asks through that node; its own roles and teams open everything there is, and are not the person's. */
export const PERSON = formatNodeId(new Uint8Array(32).fill(9))
export const asOperator = (who: Principal): Principal => ({
  ...who,
  operator: '0123456789abcdef',
  operator_id: PERSON,
  through: {
    node_id: who.node_id,
    roles: ['individual', 'lead', 'security', 'admin'],
    teams: ['eng', 'ops', 'berlin'],
  },
})

const ROLE_NAMES = ['individual', 'lead', 'security', 'admin', 'auditor', 'Lead', 'ünïcode.role-1']
const TEAM_NAMES = ['eng', 'ops', 'Eng', 'team"x', 'ünïcode']

/** Anything a node could be asked, also what does not fit together. */
export const anyRequest: fc.Arbitrary<RoleRequest> = fc.record({
  principal: fc
    .record({
      node_id: fc.constant(ASKER),
      trust_level: fc.constantFrom(...TRUST_LEVELS),
      denied: fc.boolean(),
      roles: fc.array(fc.constantFrom(...ROLE_NAMES), { maxLength: 4 }),
      teams: fc.array(fc.constantFrom(...TEAM_NAMES), { maxLength: 3 }),
      isOperator: fc.boolean(),
    })
    .map(({ isOperator, ...rest }) => (isOperator ? asOperator(rest) : rest)),
  action: fc.constantFrom(...ACTIONS),
  resource: fc
    .record({
      level: fc.constantFrom<1 | 2>(1, 2),
      category: fc.option(fc.constantFrom(...SHARING_CATEGORIES), { nil: undefined }),
    })
    .map(({ level, category }) => (category === undefined ? { level } : { level, category })),
  teams: fc.array(fc.constantFrom(...TEAM_NAMES), { maxLength: 2 }),
  k: fc.integer({ min: 3, max: 1_000 }),
  circumstances: fc.record({
    at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    range: fc.constant({ start: FRIDAY - 24 * HOUR, end: FRIDAY }),
  }),
})
