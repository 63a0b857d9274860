// The query room's door: ask the mesh, and answer for this node.

export { createQuery } from './query.ts'
export { ASKED_TYPES, type AskedType, queryType, type SchemaKit } from './query-types/index.ts'
export type * from './types.ts'
