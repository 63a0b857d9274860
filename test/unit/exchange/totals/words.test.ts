// What people are told where there are no totals of a time.
import { expect, test } from 'vitest'
import type { BucketTotals } from '../../../../src/exchange/totals/types.ts'
import { missingWords } from '../../../../src/exchange/totals/words.ts'

const bucketOf = (why: BucketTotals['why']): BucketTotals =>
  ({ start: 0, end: 1, why, batches: [], implausible: false }) as unknown as BucketTotals

const FIRST = {
  start: '2026-11-29T00:00:00Z',
  end: '2026-11-29T06:00:00Z',
  comes: '2026-11-29T06:15:00Z',
  machines: 6,
  present: 6,
}

test('each reason is told once, with its periods', () => {
  expect(missingWords([bucketOf(undefined), bucketOf('few'), bucketOf('few'), bucketOf('half')])).toEqual([
    '2 of 4 periods are missing: fewer than five machines (or the larger of --k-min and sharing.k_min) contributed besides those that add up or read.',
    '1 of 4 periods is missing: only one of the two aggregators has released it so far.',
  ])
})

test('whoever waits for the first totals is told what they need, and what was wrong with those of before', () => {
  const before = (['few', 'few', 'disagree', 'pending'] as const).map(bucketOf)
  const [waits, ...others] = missingWords(before, FIRST)
  expect(waits).toContain(
    'five (or the larger of --k-min and sharing.k_min) take part besides those that add up or read',
  )
  expect(others).toEqual([
    '2 of 4 periods are missing: fewer than five machines (or the larger of --k-min and sharing.k_min) contributed besides those that add up or read.',
    expect.stringContaining('1 of 4 periods is missing: the two aggregators'),
  ])
  expect(missingWords([], FIRST)).toEqual([waits])
  // Also where the days that were asked for are over, and older than totals of this mesh.
  expect(missingWords([]).join()).toContain('from the first of the mesh on, and none lies within this time')
})
