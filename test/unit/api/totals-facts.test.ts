// What /doctor says of releases: how many periods are late, and that in a young mesh none is.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type TotalsFactsDeps, totalsFacts } from '../../../src/api/routes/care/doctor.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import type { Unreleased } from '../../../src/exchange/totals/types.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const self = 'self' as NodeId

/** `whys`: of the newest days, the oldest first; of those before them nothing was released. */
async function releasesOf(...whys: readonly (Unreleased | undefined)[]) {
  const deps = {
    totals: {
      audiences: () => ['security'],
      preview: async () => ({ bucket: { start: NOW, end: NOW + DAY_MS }, state: 'given', pair: [] }),
      read: async (_: unknown, __: unknown, { start, end }: { start: number; end: number }) => {
        const days = Math.floor((end - start) / DAY_MS)
        return {
          buckets: Array.from({ length: days }, (_, at) => {
            const back = days - at
            return { why: back > whys.length ? 'none' : whys[whys.length - back] }
          }),
        }
      },
    },
    self: () => ({ node_id: self, roles: ['security'] }),
    member: () => undefined,
    now: () => NOW,
  } as unknown as TotalsFactsDeps
  const facts = await totalsFacts(deps, 1000, () => ({ node_id: self, fingerprint: '', name: '' }) as never)
  return [facts?.late, facts?.none_yet]
}

test('periods without a release are late, also where the releases ended long ago', async () => {
  expect(await releasesOf(undefined, 'pending')).toEqual([1, undefined])
  expect(await releasesOf('few', 'half', 'pending')).toEqual([2, undefined])
  const week = Array.from({ length: 7 }, () => 'pending' as const)
  expect(await releasesOf(undefined, ...Array.from({ length: 20 }, () => 'none' as const), ...week)).toEqual([
    ...[7, undefined],
  ])
})

test('in a mesh of which nothing was released yet none is', async () => {
  expect(await releasesOf()).toEqual([null, true])
  expect(await releasesOf('pending', 'pending')).toEqual([null, true])
})
