// The door of released totals as functions: shares, what two aggregators tell each other, and the totals that come of it.
export type { Opener } from './boxes.ts'
export { hashOf } from './layout.ts'
export { pairOf } from './pair.ts'
export { combine, type OpenedRelease, openRelease, writeRelease } from './release-document.ts'
export { openShare, writeShare } from './share-document.ts'
export { next } from './tally.ts'
export { openTally, writeTally } from './tally-document.ts'
export * from './types.ts'
