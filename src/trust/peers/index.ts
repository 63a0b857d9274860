// The trust room's door: who is who here, at which level, and why. It decides membership, never data.

export { isMissing } from './missing.ts'
export { withRotations } from './rotations.ts'
export { presenceOf } from './seen.ts'
export { createTrust, type Trust } from './trust.ts'
export type * from './types.ts'
