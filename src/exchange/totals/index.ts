// The door of the room of totals: machines give shares, two aggregators add them up, and those who may read the sums.
export { firstBucket, type Plan } from './plan.ts'
export type { ContributionPreview } from './preview.ts'
export type { Readers } from './roster.ts'
export { createTotals, type TotalsRoom } from './totals.ts'
export * from './types.ts'
