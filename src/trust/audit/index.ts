// The audit room's door: an append-only, hash-chained ledger of what happened here.

export { type Audit, createAudit } from './audit.ts'
export { appendEntry } from './continue.ts'
export type * from './types.ts'
