// The role table as a Cedar file: what configs/policies/roles.cedar is written from.

import { ACTION_CATEGORY } from '../src/trust/policy/resource.ts'
import { ADMIN_AGENT, HEALTH_RULE, OWN_AGENT, ROLE_TABLE, type RoleRow } from '../src/trust/policy/roles.ts'
import { AGENT_ACTION, APPROVE_ACTION, QUERY_ACTIONS } from '../src/trust/policy/types.ts'

const HEAD = `// The role table of docs/policy.md, as Karo judges it without policy files. Written from src/trust/policy/roles.ts: to
// change it, copy it, or add a file of your own beside it. What no policy permits is denied, and a forbid anywhere wins.
// A policy never opens what a person here did not agree to (karo share show).
`

function permitOf({ rule, role, level, categories, from, meaning }: RoleRow): string {
  const queries = QUERY_ACTIONS.filter((action) => {
    const about = ACTION_CATEGORY[action]
    return categories.some((category) => category === about)
  })
  const actions = level === 1 ? [...queries, 'summary.receive'] : queries
  const sets = categories.map((category) => `"${category}"`).join(', ')
  const conditions = [
    `resource.level == ${level}`,
    `resource has category`,
    `[${sets}].contains(resource.category)`,
    ...(from === 'team' ? ['principal.teams.containsAny(resource.teams)'] : []),
  ]
  return `@id("${rule}")
@reason("${role}: ${meaning}")
permit (
  principal in Role::"${role}",
  action in [${actions.map((action) => `Action::"${action}"`).join(', ')}],
  resource
)
when {
  ${conditions.join(' &&\n  ')}
};
`
}

/** The whole file; the same for the same table. */
export function defaultPolicies(): string {
  const health = `@id("${HEALTH_RULE}")
@reason("every role may have node health")
permit (principal, action == Action::"query.node_health", resource);
`
  const agents = `@id("${OWN_AGENT.rule}")
@reason("${OWN_AGENT.reason}")
permit (
  principal,
  action in [Action::"${AGENT_ACTION}", Action::"${APPROVE_ACTION}"],
  resource
)
when {
  context.own
};
`
  const operators = `@id("${ADMIN_AGENT.rule}")
@reason("${ADMIN_AGENT.reason}")
permit (
  principal is Operator in Role::"${ADMIN_AGENT.role}",
  action in [Action::"${AGENT_ACTION}", Action::"${APPROVE_ACTION}"],
  resource
)
when {
  principal.teams.containsAny(resource.teams)
};
`
  return [HEAD, ...ROLE_TABLE.map(permitOf), health, agents, operators].join('\n')
}
