// The policy room's door: may this author have that? Two layers that must both allow; default deny; a deny anywhere wins.

export { closedTo, decide } from './decide.ts'
export { createPolicy, type OrganisationRules, type Policy, teamsOfNode } from './policy.ts'
export { matchesEntry, principalOf } from './principal.ts'
export { ACTION_CATEGORY, resourceOf, summaryResource } from './resource.ts'
export { onlyTotals } from './roles.ts'
export * from './types.ts'
