// What a person sees of what their machine will give to totals: their own part, to whom it goes, and why something is not given.

import { expect, test } from 'vitest'
import { type Bucket, bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import type { Plan } from '../../../../src/exchange/totals/index.ts'
import type { PreviewDeps } from '../../../../src/exchange/totals/preview.ts'
import { createPreviews } from '../../../../src/exchange/totals/preview.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { type Some, some } from '../../../support/some.ts'
import { HOUR } from '../documents/network.ts'
import { AGGREGATORS, LAYOUT, PLAN } from '../query/holders.ts'
import { AGREES, REFUSES } from './world.ts'

const NOW = Date.UTC(2026, 10, 18, 10, 30)

/** What people let out, and when they said so. */
const sharing = (consent = AGREES, decidedAt?: number) => ({
  consentOf: async () => consent,
  decidedAt: async () => decidedAt,
})

function previewsOf(more: Some<PreviewDeps> = {}) {
  const counted: (readonly number[])[] = []
  const given: boolean[][] = []
  const ranges: { start: number; end: number }[] = []
  const previews = createPreviews(
    some<PreviewDeps>({
      plan: () => PLAN,
      measures: [
        {
          type: 'ToolUsage',
          action: 'query.tool_usage',
          layout: LAYOUT,
          async count(uids, bucket, gives) {
            counted.push(uids)
            ranges.push(bucket)
            given.push([gives('ToolUsage'), gives('SafetyPosture')])
            return new Map([[0, [uids.reduce((sum, uid) => sum + uid, 0), 2_000_000]]])
          },
        },
      ],
      deciders: async () => [1000, 1001],
      insight: { recordedSince: async () => 0 },
      sharing: sharing(),
      policy: policyOf({ k: () => 3, now: () => NOW }),
      roster: () => ({
        principals: () => [],
        areApart: () => true,
        named: () => ({ nodes: [], operators: [] }),
      }),
      refuses: () => false,
      kMin: () => 4,
      budget: () => 28,
      joinedAt: () => 0,
      given: () => new Map(),
      clock: { now: () => NOW },
      ...more,
    }),
  )
  return { ...previews, counted, given, ranges }
}

test('a person sees their own rows, the two that get halves, and how many machines a total has at least', async () => {
  const { preview, counted, given } = previewsOf()
  const seen = await preview(1001, 'security')
  expect(seen).toMatchObject({
    state: 'open',
    why: undefined,
    k: 3,
    k_min: 4,
    counted: true,
    types: [{ type: 'ToolUsage', given: true, rows: 2, own: [{ row: 'git', values: { uses: 1_000 } }] }],
  })
  // As it leaves: no value is larger.
  expect(seen.types[0]!.own[0]!.values.failures).toBe(1_000)
  expect(counted).toEqual([[1001]])
  // Which other types the same readers are given is known where rows depend on it.
  expect(given).toEqual([[true, false]])
  expect(seen.pair.map(({ operator }) => operator).sort()).toEqual(['op-0', 'op-1'])
  expect(seen.bucket!.end - seen.bucket!.start).toBe(HOUR)
})

test('what is not given is said with its reason, and nothing is counted', async () => {
  const refusing = previewsOf({ sharing: sharing(REFUSES) })
  const { types, counted } = await refusing.preview(1000, 'security')
  expect([counted, refusing.counted]).toEqual([false, []])
  expect(types).toMatchObject([{ given: false, own: [] }])
  expect(types[0]!.reason).not.toBe('')
  // A decision acts on the next bucket.
  const late = previewsOf({ sharing: sharing(AGREES, NOW - 60_000) })
  expect((await late.preview(1000, 'security')).types[0]!.reason).toContain('from the next one on')
  expect((await late.preview(1000, 'security', NOW + HOUR)).types[0]!.given).toBe(true)
})

test('who agrees on the first day is in its totals from the next full hour on, and in none of before', async () => {
  // The quarter from six to twelve o'clock is the first bucket.
  const dated = (): Plan => ({ ...PLAN, length: 'day', began: NOW - 3 * HOUR })
  const [noon, six] = [Date.UTC(2026, 10, 18, 12), Date.UTC(2026, 10, 18, 6)]
  const agreed = async (minutes: number, at?: number, plan = dated) => {
    const { preview, ranges } = previewsOf({ plan, sharing: sharing(AGREES, NOW - minutes * 60_000) })
    const { bucket, types } = await preview(1000, 'security', at)
    return { bucket, given: types[0]!.given, ranges }
  }
  const bucket = { start: six, end: noon }
  expect(await agreed(50)).toEqual({
    bucket,
    given: true,
    ranges: [{ start: Date.UTC(2026, 10, 18, 10), end: noon }],
  })
  expect(await agreed(5 * 60)).toEqual({ bucket, given: true, ranges: [bucket] })
  // Too late for a whole hour.
  expect(await agreed(-31)).toEqual({ bucket, given: false, ranges: [] })
  // On any other day it is from the next day on.
  expect((await agreed(50, NOW, () => ({ ...PLAN, length: 'day' }))).given).toBe(false)
  // Of the days before nobody knows what they would have said.
  expect((await agreed(50, NOW - 24 * HOUR)).given).toBe(false)
})

test('where people who share a machine do not share the same, one who is left out sees that', async () => {
  const { preview, counted } = previewsOf({
    sharing: { ...sharing(), consentOf: async (uid) => (uid === 1001 ? REFUSES : AGREES) },
  })
  expect(await preview(1000, 'security')).toMatchObject({ counted: true, types: [{ given: true }] })
  expect(await preview(1001, 'security')).toMatchObject({ counted: false, types: [{ own: [] }] })
  expect(counted).toEqual([[1000]])
})

test('each reason for which nothing at all is given', async () => {
  const why = async (more: Some<PreviewDeps>, at?: number, role = 'security') =>
    (await previewsOf(more).preview(1000, role, at)).why
  expect(await why({ plan: () => undefined })).toBe('no_aggregators')
  expect(await why({ plan: () => ({ ...PLAN, aggregators: [] }) })).toBe('no_aggregators')
  expect(await why({}, undefined, 'lead')).toBe('no_audience')
  expect(await why({ refuses: (node) => node === AGGREGATORS[1]!.nodeId })).toBe('aggregator_refused')
  expect(await why({}, NOW - 8 * 24 * HOUR)).toBe('too_old')
  const late = { insight: { uids: async () => [1000], recordedSince: async () => NOW }, joinedAt: () => null }
  expect(await why(late, NOW - 2 * HOUR)).toBe('before_records')
  const given = (...buckets: readonly Bucket[]) => ({
    given: () => new Map(buckets.map((bucket) => [slotOfBucket(bucket), bucket])),
  })
  expect(await why(given(bucketOf('day', NOW)))).toBe('overlapping')
  const hoursFrom = (first: number) =>
    given(...Array.from({ length: 28 }, (_, n) => bucketOf('hour', NOW - (first + n) * HOUR)))
  expect(await why(hoursFrom(10))).toBe('budget')
  // When this hour is over, the oldest one is of no seven days with it.
  expect(await why(hoursFrom(140))).toBe('budget')
  expect(await why(hoursFrom(141))).toBeUndefined()
  const { preview } = previewsOf(given(bucketOf('hour', NOW - HOUR)))
  expect(await preview(1000, 'security', NOW - HOUR)).toMatchObject({ why: undefined, state: 'given' })
})
