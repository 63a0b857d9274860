// The built-in engine: judges role policies by the rows of the role table, as a pure function.
import { ACTION_CATEGORY } from './resource.ts'
import { ADMIN_AGENT, deny, HEALTH_RULE, OWN_AGENT, ROLE_TABLE, tableRoles } from './roles.ts'
import type { AgentRequest, PolicyEngine, RoleDecision, RoleRequest } from './types.ts'

/**
 * Default deny: a request is permitted by the first row of one of the principal's roles that covers level, category and
 * team. Refusals name the narrowest reason: `role.level`, `role.category`, `role.team`.
 */
function judge({ principal, action, resource, teams }: RoleRequest): RoleDecision {
  if (ACTION_CATEGORY[action] === null) {
    return { effect: 'allow', rule: HEALTH_RULE, reason: 'every role may have node health' }
  }
  const roles = tableRoles(principal.roles)
  const whose = `the role ${roles.join(' or ')}`
  const { level, category } = resource
  const ofLevel = ROLE_TABLE.filter((row) => roles.includes(row.role) && row.level === level)
  if (ofLevel.length === 0) return deny('role.level', `${whose} does not open level ${level}`)
  const rows = ofLevel.filter(({ categories }) => category !== undefined && categories.includes(category))
  if (rows.length === 0) return deny('role.category', `${whose} does not open ${category} at level ${level}`)
  const together = principal.teams.some((team) => teams.includes(team))
  const row = rows.find(({ from }) => from === 'any' || together)
  return row === undefined
    ? deny(
        'role.team',
        `${whose} gives numbers of the own team only, and this node is in none of their teams`,
      )
    : { effect: 'allow', rule: row.rule, reason: `${row.role}: ${row.meaning}` }
}

/** A person may have the agents of their own machine do something, and so may operators who run it; nobody else may. */
function judgeAgent({ own, principal, teams }: AgentRequest): RoleDecision {
  if (own) return { effect: 'allow', ...OWN_AGENT }
  const { rule, role, reason } = ADMIN_AGENT
  if (principal.operator === undefined || !principal.roles.includes(role))
    return deny(
      'role.agent',
      'only people of this machine, and operators who run it, may have its agents do something',
    )
  return principal.teams.some((team) => teams.includes(team))
    ? { effect: 'allow', rule, reason }
    : deny('role.agent', 'this machine is in none of the teams of that operator')
}

export const builtIn: PolicyEngine = { kind: 'built-in', judge, judgeAgent }
