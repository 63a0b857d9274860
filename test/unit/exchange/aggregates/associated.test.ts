// What boxes are bound to: every part changes the associated data, so no box opens in another place.
import { expect, test } from 'vitest'
import { bucketOf } from '../../../../protocols/buckets.ts'
import {
  releaseData,
  shareData,
  tallyData,
} from '../../../../src/exchange/aggregates/documents/associated.ts'

const key = (n: number) => new Uint8Array(32).fill(n)
const DAY = bucketOf('day', 0)
const HOUR = bucketOf('hour', 0)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('a share is bound to mesh, bucket, author, recipient and half', () => {
  const all = [
    shareData(key(1), DAY, key(2), key(3), 0),
    shareData(key(9), DAY, key(2), key(3), 0),
    shareData(key(1), HOUR, key(2), key(3), 0),
    shareData(key(1), bucketOf('day', DAY.end), key(2), key(3), 0),
    shareData(key(1), DAY, key(9), key(3), 0),
    shareData(key(1), DAY, key(2), key(9), 0),
    shareData(key(1), DAY, key(2), key(3), 1),
  ]
  expect(new Set(all.map(hex)).size).toBe(all.length)
})

test('a tally and a release are bound to mesh, bucket, attempt, edition, author, audience and set', () => {
  const of = { audience: new Uint8Array(4), set: key(7) }
  const all = [
    tallyData(key(1), DAY, 0, 5, key(2)),
    tallyData(key(9), DAY, 0, 5, key(2)),
    tallyData(key(1), HOUR, 0, 5, key(2)),
    tallyData(key(1), DAY, 1, 5, key(2)),
    tallyData(key(1), DAY, 0, 6, key(2)),
    tallyData(key(1), DAY, 0, 5, key(3)),
    releaseData(key(1), DAY, 5, key(2), of),
    releaseData(key(9), DAY, 5, key(2), of),
    releaseData(key(1), HOUR, 5, key(2), of),
    releaseData(key(1), DAY, 6, key(2), of),
    releaseData(key(1), DAY, 5, key(3), of),
    releaseData(key(1), DAY, 5, key(2), { ...of, audience: of.audience.with(0, 1) }),
    releaseData(key(1), DAY, 5, key(2), { ...of, set: key(8) }),
  ]
  expect(new Set(all.map(hex)).size).toBe(all.length)
})
