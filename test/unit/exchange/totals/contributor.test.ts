// To how many buckets a machine gives, over weeks, and when it does after a start.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { HOUR_MS } from '../../../../src/base/calendar.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { DocumentKind } from '../../../../src/exchange/documents/kinds.ts'
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

/** A machine that joined at the beginning and shares nothing, with the hours that it gave to. */
function machineOf(budget: number, startedAt = START) {
  const time = { now: startedAt, hasRead: false }
  const now = () => time.now
  const given: number[] = []
  const shelf = shelfOf(now)
  const { round } = createContributor(
    some<TotalsParts>({
      identity: testIdentity(7),
      measures: [],
      documents: {
        publish: async (_: unknown, bytes: Uint8Array) => void shelf.keep(bytes),
        slots: (author: NodeId, kind: DocumentKind) => shelf.slots(author, kind),
      },
      deciders: async () => [1000],
      insight: { recordedSince: async () => START },
      hasRead: async () => time.hasRead,
      sharing: { consentOf: async () => REFUSES, decidedAt: async () => undefined },
      policy: policyOf({ k: () => 3, now }),
      roster: () => ({ principals: () => [], areApart: () => true }),
      refuses: () => false,
      kMin: () => 3,
      budget: () => budget,
      joinedAt: () => START,
      audit: {
        record: async ({ details }) =>
          void given.push(Number(`${details.bucket}`.slice(5)) - START / HOUR_MS),
      },
      clock: { now, monotonic: now },
      random: seeded('contributor'),
      log: silentLog,
    }),
  )
  return { time, given, round: () => round(PLAN) }
}

/** The hours that a machine gave to which looks `isOn(hour)` hours after it joined. */
async function givenBy(budget: number, hours: number, isOn: (hour: number) => boolean = () => true) {
  const { time, given, round } = machineOf(budget)
  for (let hour = 1; hour <= hours; hour++) {
    time.now = START + hour * HOUR_MS + 15 * 60_000
    if (isOn(hour)) await round()
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
  const { time, given, round } = machineOf(28, START + 3 * HOUR_MS)
  for (const told of [[], [], [0, 1]]) {
    await round()
    expect(given).toEqual(told)
    time.now += 60_000
  }
})

test('and where all of it is read, nothing is waited for', async () => {
  const { time, given, round } = machineOf(28, START + 3 * HOUR_MS)
  await round()
  time.hasRead = true
  await round()
  expect(given).toEqual([0, 1])
})
