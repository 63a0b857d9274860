// To how many buckets a machine gives, over weeks, and when it does after a start.
import { expect, test } from 'vitest'
import { HOUR_MS } from '../../../../src/base/calendar.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createContributor } from '../../../../src/exchange/totals/contributor.ts'
import type { TotalsParts } from '../../../../src/exchange/totals/parts.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { some } from '../../../support/some.ts'
import { seeded } from '../aggregates/world.ts'
import { AGGREGATORS, planOf, shelfOf } from './pair.ts'
import { REFUSES } from './world.ts'

const START = Date.UTC(2026, 10, 18)
const PLAN = planOf(AGGREGATORS)

/** Of a machine that joined at the beginning and shares nothing; `tell` hears of each hour that it gives to. */
function contributorOf(now: () => number, budget: number, tell: (hour: number) => void) {
  const clock = { now, monotonic: now }
  const shelf = shelfOf(now)
  return createContributor(
    some<TotalsParts>({
      identity: testIdentity(7),
      measures: [],
      documents: {
        publish: async (_: unknown, bytes: Uint8Array) => void shelf.keep(bytes),
        slots: (author: never, kind: string) => shelf.slots(author, kind),
      },
      deciders: async () => [1000],
      insight: { recordedSince: async () => START },
      sharing: { consentOf: async () => REFUSES, decidedAt: async () => undefined },
      policy: policyOf({ k: () => 3, now }),
      roster: () => ({ principals: () => [], areApart: () => true }),
      refuses: () => false,
      kMin: () => 3,
      budget: () => budget,
      joinedAt: () => START,
      audit: { record: async ({ details }) => tell(Number(`${details.bucket}`.slice(5)) - START / HOUR_MS) },
      clock,
      random: seeded('contributor'),
      log: silentLog,
    }),
  )
}

/** The hours that a machine gave to which looks `isOn(hour)` hours after it joined. */
async function givenBy(budget: number, hours: number, isOn: (hour: number) => boolean = () => true) {
  let now = START
  const given: number[] = []
  const contributor = contributorOf(
    () => now,
    budget,
    (hour) => given.push(hour),
  )
  for (let hour = 1; hour <= hours; hour++) {
    now = START + hour * HOUR_MS + 15 * 60_000
    if (isOn(hour)) await contributor.round(PLAN)
  }
  return given
}

/** The most of any seven days. */
const most = (given: readonly number[]) =>
  Math.max(...given.map((hour) => given.filter((one) => one > hour - 168 && one <= hour).length))

test('a machine gives to no more buckets of any seven days than it may, week after week', async () => {
  const given = await givenBy(28, 3 * 168)
  expect(most(given)).toBe(28)
  // As they end, and not a week later.
  expect(given.length).toBe(3 * 28)
})

test('nor does one that is off for days and gives late', async () => {
  const given = await givenBy(40, 3 * 168, (hour) => hour % 90 < 10)
  expect(most(given)).toBeLessThanOrEqual(40)
  expect(given.length).toBeGreaterThan(60)
})

test('what was typed while there was no daemon is read before a part of that time is given', async () => {
  let now = START + 3 * HOUR_MS
  const given: number[] = []
  const contributor = contributorOf(
    () => now,
    28,
    (hour) => given.push(hour),
  )
  await contributor.round(PLAN)
  now += 60_000
  await contributor.round(PLAN)
  expect(given).toEqual([])
  now += 60_000
  await contributor.round(PLAN)
  expect(given).toEqual([0, 1])
})
