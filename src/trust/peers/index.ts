// The trust room's door: who is who here, at which level, and why. It decides membership, never data.

export { withRotations } from './rotations.ts'
export { isMissing, presenceOf } from './seen.ts'
export { createTrust, type Trust } from './trust.ts'
export type * from './types.ts'
