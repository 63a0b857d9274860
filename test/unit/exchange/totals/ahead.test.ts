// Releases that are read before anybody asks: each edition once, the newest first, and not without bound.
import { expect, test } from 'vitest'
import { bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createAhead } from '../../../../src/exchange/totals/totals.ts'
import { AGGREGATORS, PLAN } from './pair.ts'

const DAY = 86_400_000
const slotOf = (day: number): string => `${slotOfBucket(bucketOf('day', day * DAY))}:0:00000000`

function world(days: readonly number[]) {
  const read: string[] = []
  const stored: string[] = []
  const documents = {
    slots: () => days.map(slotOf),
    of: async (author: NodeId, _: string, isWanted: (slot: string) => boolean = () => true) => {
      const slots = days.map(slotOf).filter(isWanted)
      stored.push(...slots)
      return slots.map((slot) => ({ head: { author, slot }, bytes: new Uint8Array(0) }))
    },
  }
  const releases = {
    read: (_: unknown, { head }: { readonly head: unknown }) => {
      const { author, slot } = head as { author: NodeId; slot: string }
      read.push(`${author} ${slot}`)
      return undefined
    },
  }
  return { read, stored, ahead: createAhead({ documents, releases } as never) }
}

test('each edition is read once, also one that does not open, and another edition again', async () => {
  const { read, ahead } = world([20_000, 20_001])
  await ahead.round(PLAN)
  expect(new Set(read)).toEqual(
    new Set(AGGREGATORS.flatMap(({ nodeId }) => [20_001, 20_000].map((day) => `${nodeId} ${slotOf(day)}`))),
  )
  expect(read).toHaveLength(4)
  await ahead.round(PLAN)
  expect(read).toHaveLength(4)
  ahead.came(AGGREGATORS[0].nodeId, slotOf(20_000))
  await ahead.round(PLAN)
  expect(read.slice(4)).toEqual([`${AGGREGATORS[0].nodeId} ${slotOf(20_000)}`])
})

test('of many the newest are read, and the store is asked for no others', async () => {
  const days = Array.from({ length: 80 }, (_, at) => 20_000 + at)
  const { read, stored, ahead } = world(days)
  await ahead.round(PLAN)
  expect(read).toHaveLength(62)
  expect(new Set(stored)).toEqual(new Set(days.slice(-31).map(slotOf)))
  await ahead.round(PLAN)
  expect(read).toHaveLength(62)
})
