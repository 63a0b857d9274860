// The door of the room of released totals: shares, what aggregators do with them, and releases.

export { pairOf } from './pair.ts'
export { whoContributes } from './people.ts'
export { combine, openRelease, writeRelease } from './release-document.ts'
export { openOwnShare, openShare, readShare, writeShare } from './share-document.ts'
export { next } from './tally.ts'
export { openTally, writeTally } from './tally-document.ts'
export type * from './types.ts'
