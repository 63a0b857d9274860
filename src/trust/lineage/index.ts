// The lineage room's door: which keys are one member, which of them is honoured now, and when nobody can tell.

export { createLineage } from './lineage.ts'
export { NO_LINEAGE } from './none.ts'
export { takenBy } from './taken.ts'
export type * from './types.ts'
