// The role table, once, as data: which role may have which level and category, and from which nodes.
// The built-in engine judges by it; the shipped Cedar file, the table in docs/policy.md and that of `karo policy show` are made
// from it, and the tests of both engines expect what it says.
import { isRole, type Role } from '../../base/words/roles.ts'
import { type RoleDecision, SHARING_CATEGORIES, type SharingCategory } from './types.ts'

export const deny = (rule: string, reason: string): RoleDecision => ({ effect: 'deny', rule, reason })

export interface RoleRow {
  /** Stable id of the rule, as decisions and the ledger name it. */
  readonly rule: string
  readonly role: Role
  readonly level: 1 | 2
  /** Each category is what one type of question is about; at level 1 also a part of summaries. */
  readonly categories: readonly SharingCategory[]
  /** `team`: only from nodes that are in one of the principal's teams. */
  readonly from: 'any' | 'team'
  /** Says to people whom the row is for, and why. */
  readonly meaning: string
}

/**
 * After the source's Role Hierarchy. What a person may see of their own node is no question to anybody, so it has no row.
 * The rows of `individual` are those of every member, by what others agreed to give it; the other roles add to them
 * (`asMember`), and what people agreed to give a role is judged by the rows of that role.
 */
export const ROLE_TABLE: readonly RoleRow[] = [
  {
    rule: 'role.individual.level1',
    role: 'individual',
    level: 1,
    categories: SHARING_CATEGORIES,
    from: 'any',
    meaning: 'numbers of single nodes, of those who agreed to give them to this one',
  },
  {
    rule: 'role.individual.level2',
    role: 'individual',
    level: 2,
    categories: SHARING_CATEGORIES,
    from: 'any',
    meaning: 'totals over many nodes',
  },
  {
    rule: 'role.lead.level1',
    role: 'lead',
    level: 1,
    categories: SHARING_CATEGORIES,
    from: 'team',
    meaning: 'numbers of single nodes of their team',
  },
  {
    rule: 'role.lead.level2',
    role: 'lead',
    level: 2,
    categories: SHARING_CATEGORIES,
    from: 'team',
    meaning: 'totals over their team',
  },
  {
    rule: 'role.security.level1',
    role: 'security',
    level: 1,
    categories: ['anomalies'],
    from: 'any',
    meaning: 'anomalies of nodes whose people let them be named',
  },
  {
    rule: 'role.security.level2',
    role: 'security',
    level: 2,
    categories: SHARING_CATEGORIES,
    from: 'any',
    meaning: 'totals over all nodes',
  },
  {
    rule: 'role.admin.level1',
    role: 'admin',
    level: 1,
    categories: SHARING_CATEGORIES,
    from: 'team',
    meaning: 'numbers of single nodes of the team whose systems they run',
  },
  {
    rule: 'role.admin.level2',
    role: 'admin',
    level: 2,
    categories: SHARING_CATEGORIES,
    from: 'any',
    meaning: 'totals over all nodes',
  },
]

/** What the row of a role and level says of a category; undefined: nothing beyond what every member has. */
export const rowOf = (role: Role, level: 1 | 2, category: SharingCategory): RoleRow | undefined =>
  ROLE_TABLE.find((row) => row.role === role && row.level === level && row.categories.includes(category))

/** Node health carries no person's data: every role may have it. */
export const HEALTH_RULE = 'role.any.health'

/** A person at a machine may have its agents work; the other gates decide what the agents may do. */
export const OWN_AGENT = {
  rule: 'agent.own',
  reason: 'people may have the agents of their own machine do something',
} as const

/** Operators run the agents of machines of their teams; a node alone, and every other role, has no such right. */
export const ADMIN_AGENT = {
  rule: 'role.admin.agent',
  role: 'admin',
  reason:
    'operators with the role admin may task the agents of machines of their teams, and answer what waits there',
} as const

/** The roles of the table that a principal is judged by: those it has, else `individual`. Other roles are no part of it. */
export function tableRoles(roles: readonly string[]): readonly Role[] {
  const known = roles.filter(isRole)
  return known.length === 0 ? ['individual'] : known
}

/** Undefined: these roles are those of a plain member already. Else what remains of them for one. */
export function rolesAsMember(roles: readonly string[]): readonly string[] | undefined {
  const others = roles.filter((role) => !isRole(role) || role === 'individual')
  return others.length === roles.length ? undefined : others
}

/** Whether one of these roles opens the named anomalies of any node whose people let them be named, asked or not. */
export const isToldAnomalies = (roles: readonly string[]): boolean =>
  ROLE_TABLE.some(
    ({ role, level, categories, from }) =>
      role !== 'individual' &&
      level === 1 &&
      from === 'any' &&
      categories.includes('anomalies') &&
      roles.includes(role),
  )

/** Whether the role table opens totals to somebody with these roles, and by these roles the numbers of no single node. */
export const onlyTotals = (roles: readonly string[]): boolean => {
  const of = tableRoles(roles)
  return ROLE_TABLE.filter(({ role }) => of.includes(role)).every(
    ({ level, categories }) => level === 2 || !categories.includes('tool_usage'),
  )
}
