// What is removed is gone: from answers, from counts, and from the files; what others write meanwhile is not.
import { expect, test } from 'vitest'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import { createEventRepository, type EventRepository } from '../../../../src/store/events/events.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { holds, temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { ingest } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'

const never = new AbortController().signal
const at = (n: number): number => T0 / 1000 + n * 1000
const commands = async (events: EventRepository, uid = 1000): Promise<string[]> =>
  (await events.search(uid, { words: [], limit: 10_000 })).events.map(({ command }) => revealLevel0(command))

test('a canary is in no file any more, and what is younger, or of others, stays', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const events = createEventRepository(db)
  await ingest(events, [
    [1, { command: 'echo canary-of-old' }],
    [2, { command: 'echo kept' }],
    [3, { command: 'echo canary-of-old' }],
    [4, { command: 'echo younger' }],
    [5, { command: 'echo kept' }],
    [1, { uid: 1001, command: 'echo of another' }],
  ])
  expect(holds(directory, 'canary-of-old')).toBe(true)
  expect(await events.removeEvents(1000, at(4), never)).toBe(3)
  expect(await events.count(1000)).toBe(2)
  expect(await events.count(1001)).toBe(1)
  expect(await events.removeTexts(1000, never)).toBe(1)
  await events.purge(1000)
  expect(holds(directory, 'canary-of-old')).toBe(false)
  expect(holds(directory, 'younger')).toBe(true)
  expect(await commands(events)).toEqual(['echo kept', 'echo younger'])
  expect(await commands(events, 1001)).toEqual(['echo of another'])
  expect((await events.search(1000, { words: ['canary'], limit: 9 })).total).toBe(0)
  // What was counted outlives the events.
  const [day] = await createRollupRepository(db).days(1000, 0, 99_999)
  expect(day?.rollup.count).toBe(5)
  // Typed again it is a new text, also when it was the newest.
  await ingest(events, [[6, { command: 'echo canary-of-old' }]])
  expect(await commands(events)).toEqual(['echo canary-of-old', 'echo kept', 'echo younger'])
  expect(await createRollupRepository(db).uniqueCommands(1000, 0, 99_999)).toBe(4)
})

test('a number is never given twice, so that unique counts of old days stay right', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  await ingest(events, [[1, { command: 'a', local: { day: 1, hour: 1 } }]])
  await events.removeEvents(1000, at(9), never)
  await events.removeTexts(1000, never)
  // Another process: nothing is remembered.
  const next = createEventRepository(db)
  await ingest(next, [[20, { command: 'b', local: { day: 2, hour: 1 } }]])
  expect(await createRollupRepository(db).uniqueCommands(1000, 0, 9)).toBe(2)
})

test('a text that is typed again while texts are looked for stays', async () => {
  const events = createEventRepository(await temporaryDatabase())
  for (let n = 0; n < 1_500; n++) await ingest(events, [[n, { command: `old ${n % 900}` }]])
  await events.removeEvents(1000, at(1_500), never)
  const removing = events.removeTexts(1000, never)
  const typing = (async () => {
    for (let n = 2_000; n < 2_100; n++) await ingest(events, [[n, { command: `old ${n % 900}` }]])
  })()
  const [removed] = await Promise.all([removing, typing])
  expect(removed).toBeGreaterThan(0)
  const left = await commands(events)
  expect(left).toHaveLength(100)
  expect(left.toSorted()).toEqual(
    Array.from({ length: 100 }, (_, i) => `old ${(i + 2_000) % 900}`).toSorted(),
  )
})

test('ended in the middle it is none the worse, and goes on the next time', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  for (let n = 0; n < 1_200; n += 100)
    await ingest(
      events,
      Array.from({ length: 100 }, (_, i) => [n + i, { command: `c ${n + i}` }] as const),
    )
  const ending = new AbortController()
  const batch = db.batch.bind(db)
  let batches = 0
  db.batch = ((...args: never[]) => {
    if (++batches === 2) ending.abort()
    return (batch as (...all: never[]) => Promise<void>)(...args)
  }) as never
  await expect(events.removeEvents(1000, at(1_100), ending.signal)).rejects.toThrow()
  expect(await commands(events)).toHaveLength(200)
  expect(await events.count(1000)).toBe(200)
  const next = createEventRepository(db)
  expect(await next.removeEvents(1000, at(1_100), never)).toBe(100)
  expect(await next.removeTexts(1000, never)).toBe(1_100)
  expect(await next.removeTexts(1000, never)).toBe(0)
  expect(await commands(next)).toHaveLength(100)
})

test('what was counted goes by days, and is not brought back by what comes', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const rollups = createRollupRepository(db)
  const days = async (): Promise<number[]> => (await rollups.days(1000, 0, 99_999)).map(({ day }) => day)
  await ingest(events, [
    [1, { local: { day: 20_000, hour: 1 } }],
    [2, { local: { day: 20_777, hour: 1 } }],
  ])
  expect(await events.removeRollups(1000, 20_400, never)).toBeGreaterThan(0)
  expect(await days()).toEqual([20_777])
  await ingest(events, [[3, { local: { day: 20_000, hour: 1 } }]])
  expect((await rollups.days(1000, 20_000, 20_001))[0]?.rollup.count).toBe(1)
  expect(await events.count(1000)).toBe(3)
})

test('the count is that of the events, whatever comes and goes', async () => {
  await forAllAsyncIn(
    { numRuns: 25 },
    fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5 })), {
      maxLength: 25,
    }),
    async (steps) => {
      const events = createEventRepository(await temporaryDatabase())
      let next = 0
      for (const [comes, time, word] of steps) {
        if (comes)
          await ingest(events, [[next++, { command: `word ${word}`, start_us: T0 + time * 1_000_000 }]])
        else {
          await events.removeEvents(1000, at(time), never)
          if (word > 2) await events.removeTexts(1000, never)
        }
        expect(await commands(events)).toHaveLength(await events.count(1000))
      }
    },
  )
})
