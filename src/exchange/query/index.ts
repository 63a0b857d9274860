// The query room's door: ask the mesh, and answer for this node.

export { createQuery } from './query.ts'
export * from './types.ts'
