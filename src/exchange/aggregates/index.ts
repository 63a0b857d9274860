// The door of released totals as functions: shares, what two aggregators tell each other, and the totals that come of it.

export { type Checked, openCheck, writeCheck } from './documents/check.ts'
export { openCounted, writeCounted } from './documents/counted.ts'
export { combine, hashOfAudience, openRelease, writeRelease } from './documents/release.ts'
export { openOwnShare, openShare, readShare, writeShare } from './documents/share.ts'
export { openTally, writeTally } from './documents/tally.ts'
export { CLAMP, hashOf } from './layout.ts'
export { entryOf } from './listing.ts'
export { NOISE_DEFAULT, secretOf } from './noise.ts'
export { type Aggregator, pairOf } from './pair.ts'
export { cellRows } from './parts/apart.ts'
export { whoContributes } from './people.ts'
export { verifyKeyOf } from './proved.ts'
export { K_DEFAULT, K_LEAST } from './sets.ts'
export {
  contentAbout,
  hashOfContent,
  readStatement,
  type Said,
  type Stated,
  shownOf,
} from './statement.ts'
export { next } from './tally.ts'
export type * from './types.ts'
