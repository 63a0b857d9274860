// The access room's door: what a person of this machine may do with its node, by their uid.

export { createAccess } from './access.ts'
export type * from './types.ts'
