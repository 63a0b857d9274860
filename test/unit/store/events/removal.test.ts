// Single events that are removed are gone: from answers, from counts, from unique sets, and from the files.
import { expect, test } from 'vitest'
import { HOUR_MS, startOfLocalDay } from '../../../../src/base/calendar.ts'
import { countBetween, createEventRepository, idOfEvent } from '../../../../src/store/events/events.ts'
import { encodeEvent, eventKey } from '../../../../src/store/events/rows.ts'
import { eventsOf } from '../../../../src/store/level/key-of-event.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { holds, temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { eventOf, ingest, type Sketch } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

const never = new AbortController().signal
const idOf = (n: number): string => idOfEvent(T0 + n * 1_000_000, n)

test('a canary is in no file any more, and all that was counted of it is not either', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const events = createEventRepository(db)
  const rollups = createRollupRepository(db)
  await ingest(events, [
    [1, { command: 'echo kept', cwd: '/home/kept', risk_level: 'high', rule: 'rm-root' }],
    [2, { uid: 1001, command: 'echo of another' }],
  ])
  const before = await Promise.all([rollups.days(1000, 0, 99_999), rollups.hours(1000, 0, 999_999)])
  const unique = await rollups.uniqueCommands(1000, 0, 99_999)
  await ingest(events, [
    [3, { command: 'echo canary-text', cwd: '/home/canary-place', exit_code: 3, tool: 'canary-tool' }],
    [4, { command: 'echo canary-text', cwd: '/home/canary-place', risk_level: 'high', karo_generated: true }],
    [6, { command: 'echo canary-text', cwd: '/home/canary-place', risk_level: 'high', rule: 'rm-root' }],
    [7, { command: 'echo canary-text', cwd: '/home/canary-place', risk_level: 'high', rule: 'canary-rule' }],
    [5, { command: 'echo kept', category: 'git', duration_us: null }],
  ])
  expect(holds(directory, 'canary')).toBe(true)
  const [day] = await rollups.days(1000, 0, 99_999)
  expect(day!.rollup.rules).toEqual({ 'rm-root': 2, 'canary-rule': 1 })
  const ids = [idOf(3), idOf(4), idOf(5), idOf(6), idOf(7), idOf(3), idOf(77), 'no id', idOf(2)]
  expect(await events.remove(1000, ids, never)).toEqual({ events: 5, texts: 1 })
  expect(holds(directory, 'canary')).toBe(false)
  expect(await events.count(1000)).toBe(1)
  expect(await events.count(1001)).toBe(1)
  expect(await events.search(1000, { words: ['canary'], limit: 9 })).toEqual({ events: [], total: 0 })
  expect(await Promise.all([rollups.days(1000, 0, 99_999), rollups.hours(1000, 0, 999_999)])).toEqual(before)
  expect(await rollups.uniqueCommands(1000, 0, 99_999)).toBe(unique)
  expect(await events.isUnpurged(1000)).toBe(false)
})

test('a row of a backup that names what every object has changes no object but its own count', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  await ingest(events, [[1, { command: 'echo kept' }]])
  const named = eventOf(2, { tool: '__proto__', category: '__proto__', rule: '__proto__' })
  await db.batch([{ type: 'put', key: eventKey(named, 1), value: encodeEvent(named) }])
  // Parts of hours are counted from rows.
  const counted = await countBetween(db, 1000, T0 / 1000, T0 / 1000 + 10_000)
  expect(Object.keys(counted.tools).sort()).toEqual(['__proto__', 'ls'])
  expect(await events.remove(1000, [idOf(2)], never)).toMatchObject({ events: 1 })
  expect(Object.hasOwn(Object.prototype, 'count')).toBe(false)
})

test('a removal that was ended is finished by the next sweep', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const events = createEventRepository(db)
  await ingest(events, [
    [1, { command: 'echo canary-text' }],
    [2, { command: 'echo kept' }],
  ])
  const ending = new AbortController()
  const batch = db.batch.bind(db)
  db.batch = ((...args: never[]) => {
    ending.abort()
    return (batch as (...all: never[]) => Promise<void>)(...args)
  }) as never
  await expect(events.remove(1000, [idOf(1)], ending.signal)).rejects.toThrow()
  const next = createEventRepository(db)
  expect(await next.count(1000)).toBe(1)
  expect(await next.isUnpurged(1000)).toBe(true)
  expect(await next.removeTexts(1000, never)).toBe(1)
  await next.purge(1000)
  expect(holds(directory, 'canary-text')).toBe(false)
  expect(await next.isUnpurged(1000)).toBe(false)
})

test('a text whose events go while texts are looked for goes as well', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const events = createEventRepository(db)
  await ingest(events, [
    [1, { command: 'echo canary-one' }],
    [2, { command: 'echo canary-two' }],
    [3, { command: 'echo kept' }],
  ])
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const all = eventsOf(1000).gte
  const keys = db.keys.bind(db)
  db.keys = ((options: { gte: Uint8Array }) => {
    const found = keys(options)
    if (Buffer.compare(options.gte, all) !== 0) return found
    const nextv = found.nextv.bind(found) as (size: number) => ReturnType<typeof found.nextv>
    found.nextv = (async (size: number) => {
      begun.resolve()
      await held.promise
      return nextv(size)
    }) as never
    return found
  }) as never
  const first = events.remove(1000, [idOf(1)], never)
  await begun.promise
  // Committed now; its text is among those that the first one has seen named.
  await events.remove(1000, [idOf(2)], never, { more: true })
  const second = events.remove(1000, [], never)
  held.resolve()
  expect([await first, await second]).toEqual([
    { events: 1, texts: 1 },
    { events: 0, texts: 1 },
  ])
  expect(holds(directory, 'canary')).toBe(false)
  expect(await events.isUnpurged(1000)).toBe(false)
})

test('what goes while the files are purged is purged again', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const events = createEventRepository(db)
  await ingest(events, [
    [1, { command: 'echo canary' }],
    [2, { command: 'echo kept' }],
  ])
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const level = db as unknown as { compactRange(...range: never[]): Promise<void> }
  const compactRange = level.compactRange
  level.compactRange = async (...range) => {
    begun.resolve()
    await held.promise
    return compactRange.apply(db, range)
  }
  const purging = events.purge(1000)
  await begun.promise
  await events.remove(1000, [idOf(1)], never, { more: true })
  held.resolve()
  await purging
  // As after a kill: whoever comes next knows of it.
  expect(await events.isUnpurged(1000)).toBe(true)
  expect(await events.remove(1000, [], never)).toEqual({ events: 0, texts: 1 })
  expect(holds(directory, 'canary')).toBe(false)
  expect(await events.isUnpurged(1000)).toBe(false)
})

test('a day is looked through for those only that are counted in it, and no further than need be', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const day = Date.UTC(2026, 10, 20, 12) * 1000
  const at = (n: number): Sketch => ({ start_us: day + n })
  await ingest(
    events,
    Array.from({ length: 5_000 }, (_, n) => [n, at(n)] as const),
  )
  await ingest(events, [[5_000, { ...at(5_000), untimed: true }]])
  let pages = 0
  const keys = db.keys.bind(db)
  db.keys = ((options: { gte: Uint8Array }) => {
    const found = keys(options)
    const nextv = found.nextv.bind(found) as (size: number) => ReturnType<typeof found.nextv>
    found.nextv = ((size: number) => {
      if (options.gte.length > eventsOf(1000).gte.length) pages++
      return nextv(size)
    }) as never
    return found
  }) as never
  await events.remove(1000, [idOfEvent(day + 5_000, 5_000)], never, { more: true })
  expect(pages).toBe(0)
  await events.remove(1000, [idOfEvent(day + 4_999, 4_999)], never, { more: true })
  expect(pages).toBe(1)
})

test('what is kept beside events goes in the same batch', async () => {
  const told: unknown[] = []
  const events = createEventRepository(await temporaryDatabase(), [
    async (uid, removed, changes) => void told.push([uid, removed, changes.length > 0]),
  ])
  await ingest(events, [[1, {}]])
  await events.remove(1000, [idOf(1)], never)
  expect(told).toEqual([[1000, [{ id: idOf(1), start_us: T0 + 1_000_000, tag: 1 }], true]])
})

test('a day that another zone counted loses what it had, and no day beside it does', async () => {
  const db = await temporaryDatabase()
  const [events, rollups] = [createEventRepository(db), createRollupRepository(db)]
  // Nine in the morning in UTC; six hours later it is the next day in Tokyo.
  const morning = Date.UTC(2026, 10, 20, 9) * 1000
  const day = morning / 86_400_000_000
  const stays: Sketch = { start_us: morning, local: { day: Math.floor(day), hour: 9 } }
  const goes = { start_us: morning + 6 * 3_600_000_000, local: { day: Math.floor(day) + 1, hour: 0 } }
  const counted = () => Promise.all([rollups.days(1000, 0, 99_999), rollups.hours(1000, 0, 999_999)])
  await ingest(events, [[1, stays]])
  const before = await counted()
  await ingest(events, [[2, { ...goes, command: 'other' }]])
  await events.remove(1000, [idOfEvent(goes.start_us, 2)], never)
  expect(await counted()).toEqual(before)
  expect(await rollups.uniqueCommands(1000, 0, 99_999)).toBe(1)
})

test('a day that is gone for its age is not taken from the one behind it', async () => {
  const db = await temporaryDatabase()
  const [events, rollups] = [createEventRepository(db), createRollupRepository(db)]
  const day = 20_777
  // Hours of the evening are kept a little longer than their day, because elsewhere it is the next one.
  const made = [3, 21, 24 + 9].map((hour, n): readonly [number, Sketch] => {
    const local = { day: day + Math.floor(hour / 24), hour: hour % 24 }
    return [n, { start_us: (startOfLocalDay(day) + hour * HOUR_MS) * 1000, local }]
  })
  await ingest(events, made)
  await events.removeRollups(1000, day + 1, never)
  const before = await rollups.days(1000, 0, 99_999)
  expect(before).toMatchObject([{ day: day + 1, rollup: { count: 1 } }])
  const gone = made.slice(0, 2).map(([n, { start_us }]) => idOfEvent(start_us!, n))
  expect(await events.remove(1000, gone, never)).toMatchObject({ events: 2 })
  expect(await rollups.days(1000, 0, 99_999)).toEqual(before)
  expect(await rollups.uniqueCommands(1000, 0, 99_999)).toBe(1)
})

test('what is counted is what is counted of the events that are left', async () => {
  const sketch = fc.record({
    hour: fc.integer({ min: 0, max: 60 }),
    word: fc.integer({ min: 0, max: 4 }),
    exit_code: fc.constantFrom(0, 1, null),
    goes: fc.boolean(),
  })
  await forAllAsyncIn({ numRuns: times(10, 100) }, fc.array(sketch, { maxLength: 20 }), async (sketches) => {
    const made = sketches.map(({ hour, word, exit_code }, n): readonly [number, Sketch] => {
      const start_us = T0 + hour * 3_600_000_000 + n
      const at = new Date(start_us / 1000)
      const day = Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000)
      const local = { day, hour: at.getHours() }
      return [n, { start_us, command: `word ${word}`, tool: `tool${word}`, exit_code, local }]
    })
    const [all, left] = [await temporaryDatabase(), await temporaryDatabase()]
    const events = createEventRepository(all)
    await ingest(events, made)
    const going = made.filter((_, i) => sketches[i]!.goes)
    await events.remove(
      1000,
      going.map(([n, { start_us }]) => idOfEvent(start_us!, n)),
      never,
    )
    await ingest(
      createEventRepository(left),
      made.filter((_, i) => !sketches[i]!.goes),
    )
    const [got, wanted] = [createRollupRepository(all), createRollupRepository(left)]
    expect(await got.days(1000, 0, 99_999)).toEqual(await wanted.days(1000, 0, 99_999))
    expect(await got.hours(1000, 0, 999_999)).toEqual(await wanted.hours(1000, 0, 999_999))
    for (const day of new Set(made.map(([, { local }]) => local!.day)))
      expect(await got.uniqueCommands(1000, day, day + 1)).toBe(
        await wanted.uniqueCommands(1000, day, day + 1),
      )
  })
})
