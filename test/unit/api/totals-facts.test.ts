// What /doctor says of releases: how many periods are late, and that in a young mesh none is.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { totalsFacts } from '../../../src/api/routes/care/doctor.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import type { Unreleased } from '../../../src/exchange/totals/types.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const self = 'self' as NodeId

type Whys = readonly (Unreleased | undefined)[]

/** `whys`: of the newest days, the oldest first; of those before them nothing was released. */
async function releasesOf(...whys: Whys) {
  const rooms = {
    totals: {
      audiences: () => ['security'],
      // Each period is drawn for one of three aggregators and a second one that is the same for all.
      preview: async (_: unknown, __: unknown, at = NOW) => ({
        bucket: { start: at, end: at + DAY_MS },
        state: 'given',
        pair: [{ node_id: `drawn-${((at / DAY_MS) % 3) | 0}` }, { node_id: self }],
      }),
      read: async (_: unknown, __: unknown, { start, end }: { start: number; end: number }) => {
        const days = Math.floor((end - start) / DAY_MS)
        return {
          buckets: Array.from({ length: days }, (_, at) => {
            const back = days - at
            const why = back > whys.length ? 'none' : whys[whys.length - back]
            return { start: start + at * DAY_MS, why, lacks: why === 'half' ? 'silent' : undefined }
          }),
        }
      },
    },
    self: () => ({ node_id: self, roles: ['security'] }),
    trust: { member: () => undefined },
    clock: { now: () => NOW },
  } as unknown as Rooms
  return totalsFacts(rooms, 1000, (node_id) => ({ node_id }) as never)
}

async function lateOf(...whys: Whys) {
  const facts = await releasesOf(...whys)
  return [facts?.late, facts?.none_yet]
}

test('periods without a release are late, also where the releases ended long ago', async () => {
  expect(await lateOf(undefined, 'pending')).toEqual([0, undefined])
  expect(await lateOf('few', 'half', 'pending')).toEqual([1, undefined])
  expect(await lateOf(undefined, 'disagree', 'disagree', 'pending')).toEqual([2, undefined])
  const week = Array.from({ length: 7 }, () => 'pending' as const)
  expect(await lateOf(undefined, ...Array.from({ length: 20 }, () => 'none' as const), ...week)).toEqual([
    ...[6, undefined],
  ])
})

test('in a mesh of which nothing was released yet none is', async () => {
  expect(await lateOf()).toEqual([null, true])
  expect(await lateOf('pending', 'pending')).toEqual([null, true])
})

test('of three aggregators the one that is off is named, although others release between its periods', async () => {
  const facts = await releasesOf(undefined, undefined, 'pending', undefined, undefined, 'pending', 'pending')
  expect(facts?.late).toBe(2)
  // It is not in the pair of the newest period.
  const off = `drawn-${(((NOW - 5 * DAY_MS) / DAY_MS) % 3) | 0}`
  expect(facts?.aggregators).toContainEqual({ node_id: off, there: false, halves_missing: undefined })
})

test('of two aggregators the one whose releases do not come is named, and of how many periods', async () => {
  const facts = await releasesOf(undefined, 'half', 'half', 'half', 'pending')
  expect(facts?.aggregators).toContainEqual({ node_id: 'silent', there: false, halves_missing: 3 })
  expect(facts?.aggregators.filter((one) => one.halves_missing)).toHaveLength(1)
})
