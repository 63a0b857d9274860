// The documents room's door: signed documents of this node and of others, kept, announced, and moved to who wants them.

export type { DocumentsDeps } from './deps.ts'
export { createDocuments, type Documents } from './documents.ts'
export type { DocumentKind } from './kinds.ts'
export type * from './types.ts'
