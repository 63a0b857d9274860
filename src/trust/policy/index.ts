// The policy room's door: one pure function, may this author have that? Default deny; a deny anywhere wins.

export { decide } from './decide.ts'
export { matchesEntry, principalOf } from './principal.ts'
export { resourceOf, summaryResource } from './resource.ts'
export * from './types.ts'
