// The query room's door: ask the mesh, and answer for this node.

export { createFetched, fetchesIn } from './answering/fetches.ts'
export { FROZEN } from './asking/collect.ts'
export { whyNoTeam } from './asking/team-totals.ts'
export { createQuery, type Query } from './query.ts'
export type { AskedType } from './query-types/index.ts'
export { askedRange } from './range.ts'
export { COUNTED, measuresOf, SUMMARIZED } from './released.ts'
export { AUTHOR_QUOTA } from './state/owner.ts'
export type * from './types.ts'
