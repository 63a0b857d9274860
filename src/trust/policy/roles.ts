// The role table, once, as data: which role may have which level and category, and from which nodes.
// The built-in engine judges by it; the shipped Cedar file and the table in docs/policy.md are written from it.
import { SHARING_CATEGORIES, type SharingCategory } from './types.ts'

export const ROLES = ['individual', 'lead', 'security', 'admin'] as const
export type Role = (typeof ROLES)[number]

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

/** What level 1 consists of (source: Data Categories): signals of anomalies are level 2. */
const LEVEL_1 = ['tool_usage', 'activity_patterns', 'safety_stats'] as const satisfies SharingCategory[]

/**
 * After the source's Role Hierarchy. What a person may see of their own node is no question to anybody, so it has no row.
 * `individual` is everybody without another role of this table: what others agreed to give them. A role narrows: who
 * has one is judged by its rows, and by the rows of `individual` only when given that role as well.
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
    categories: LEVEL_1,
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
    rule: 'role.security.level2',
    role: 'security',
    level: 2,
    categories: SHARING_CATEGORIES,
    from: 'any',
    meaning: 'totals over all nodes, and never the numbers of a single one',
  },
  {
    rule: 'role.admin.level1',
    role: 'admin',
    level: 1,
    categories: LEVEL_1,
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

const isRole = (name: string): name is Role => (ROLES as readonly string[]).includes(name)

/** The roles of the table that a principal is judged by: those it has, else `individual`. Other roles are no part of it. */
export function tableRoles(roles: readonly string[]): readonly Role[] {
  const known = roles.filter(isRole)
  return known.length === 0 ? ['individual'] : known
}

/** Whether the role table opens totals to somebody with these roles, and the numbers of no single node. */
export const onlyTotals = (roles: readonly string[]): boolean => {
  const of = tableRoles(roles)
  return ROLE_TABLE.filter(({ role }) => of.includes(role)).every(({ level }) => level === 2)
}
