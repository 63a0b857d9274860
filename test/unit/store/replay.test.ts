// Replay marks survive a restart, expire, and never exceed their bound.
import { expect, test } from 'vitest'
import {
  createReplayRepository,
  REPLAY_MARKS_MAX,
  type ReplayMark,
} from '../../../src/store/tables/replay.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const mark = (n: number, expires_at: number, kind: ReplayMark['kind'] = 'nonce'): ReplayMark => {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, n)
  return { kind, author: new Uint8Array(32).fill(n % 251), id, expires_at }
}

test('what was put is loaded as it was, the first to expire first, without the expired', async () => {
  const db = await temporaryDatabase()
  const marks = [mark(1, 3_000, 'document'), mark(2, 1_000), mark(3, 2_000)]
  await createReplayRepository(db).put(marks)
  // As after a restart: a repository that has counted nothing yet.
  const again = createReplayRepository(db)
  expect(await again.load(0)).toEqual([marks[1], marks[2], marks[0]])
  expect(await again.load(1_000)).toEqual([marks[2], marks[0]])
  await again.prune(2_000)
  expect(await again.load(0)).toEqual([marks[0]])
})

test('beyond the bound, those that expire first give way, over restarts and in one batch', async () => {
  const db = await temporaryDatabase()
  const first = createReplayRepository(db, 10)
  await first.put(Array.from({ length: 8 }, (_, i) => mark(i, 100 + i)))
  const second = createReplayRepository(db, 10)
  await second.put(Array.from({ length: 5 }, (_, i) => mark(50 + i, 200 + i)))
  expect((await second.load(0)).map(({ expires_at }) => expires_at)).toEqual([
    103, 104, 105, 106, 107, 200, 201, 202, 203, 204,
  ])
  await second.put(Array.from({ length: 25 }, (_, i) => mark(100 + i, 324 - i)))
  expect((await second.load(0)).map(({ expires_at }) => expires_at)).toEqual([
    315, 316, 317, 318, 319, 320, 321, 322, 323, 324,
  ])
})

test('puts at the same time keep the bound', async () => {
  const repository = createReplayRepository(await temporaryDatabase(), 10)
  const puts = Array.from({ length: 40 }, (_, i) => repository.put([mark(i, 1_000 + i)]))
  await Promise.all(puts)
  expect((await repository.load(0)).map(({ expires_at }) => expires_at)).toEqual(
    Array.from({ length: 10 }, (_, i) => 1_030 + i),
  )
})

test('the bound is what the design says, and a mark of wrong size is refused', async () => {
  expect(REPLAY_MARKS_MAX).toBe(65_536)
  const repository = createReplayRepository(await temporaryDatabase())
  await expect(repository.put([{ ...mark(1, 1), id: new Uint8Array(15) }])).rejects.toThrow(RangeError)
  await expect(repository.put([{ ...mark(1, 1), author: new Uint8Array(33) }])).rejects.toThrow(RangeError)
  expect(await repository.load(0)).toEqual([])
})
