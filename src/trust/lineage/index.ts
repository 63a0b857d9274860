// The lineage room's door: which keys belong to one member, which of them is accepted now, and when that is undecided.

export { createLineage } from './lineage.ts'
export { takenBy } from './taken.ts'
export type * from './types.ts'
