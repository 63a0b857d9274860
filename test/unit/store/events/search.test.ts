// What a search finds is what a plain list of the same events has, from the index and from the database alike.

import { expect, test } from 'vitest'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import {
  createEventRepository,
  type EventFilter,
  type EventRepository,
  idOfEvent,
} from '../../../../src/store/events/events.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, ingest, type Sketch } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { until } from '../../../support/run/until.ts'

const never = new AbortController().signal
const RISKS = ['safe', 'moderate', 'high', 'critical'] as const
const DIRECTORIES = ['/', '/a', '/a/b', '/ab', '/a/b/c'] as const
const TEXTS = [
  'ls',
  'ls -la',
  'Git Push',
  'git commit',
  'echo größe',
  `echo ${'x'.repeat(5_000)} tail`,
] as const

const sketch = fc.record({
  at: fc.integer({ min: 0, max: 30 }),
  command: fc.constantFrom(...TEXTS),
  cwd: fc.constantFrom(...DIRECTORIES),
  exit_code: fc.constantFrom(0, 1, 2, null),
  duration_us: fc.constantFrom(null, 0, 900_000, 4_000_000),
  shell: fc.constantFrom('bash', 'zsh'),
  risk_level: fc.constantFrom(...RISKS),
  karo_generated: fc.boolean(),
})
const whole = fc.record({
  words: fc.subarray(['git', 'LS', 'größe', 'tail', 'i', 'nowhere'], { maxLength: 2 }),
  without: fc.subarray(['push', 'tail', 'la'], { maxLength: 1 }),
  cwd: fc.constantFrom(...DIRECTORIES),
  failed: fc.constant(true),
  risk: fc.constantFrom(...RISKS),
  since: fc.integer({ min: 0, max: 32 }).map((n) => T0 / 1000 + n * 1000),
  until: fc.integer({ min: 0, max: 32 }).map((n) => T0 / 1000 + n * 1000),
  shell: fc.constantFrom('bash', 'zsh', 'ksh'),
  exit: fc.constantFrom(0, 1, 7),
  longerMs: fc.constantFrom(0, 900, 5_000),
  generated: fc.boolean(),
  unique: fc.boolean(),
  limit: fc.integer({ min: 1, max: 8 }),
})
const MAY_LACK = [
  ...(['words', 'without', 'cwd', 'failed', 'risk', 'since', 'until'] as const),
  ...(['shell', 'exit', 'longerMs', 'generated', 'unique'] as const),
]
/** Asks for few things at a time: with many of them next to nothing is found, and what is wrong about one is not seen. */
const filter: fc.Arbitrary<EventFilter> = fc
  .tuple(whole, fc.subarray(MAY_LACK, { maxLength: 2 }))
  .map(([{ limit, words, ...all }, kept]) => ({
    ...Object.fromEntries(kept.filter((name) => name !== 'words').map((name) => [name, all[name]])),
    words: kept.includes('words') ? words : [],
    limit,
  }))
type Made = readonly [n: number, sketch: Sketch & { start_us: number; command: string }]

function naive(list: readonly Made[], wanted: EventFilter): { ids: string[]; total: number } {
  const seen = new Set<string>()
  const found = list
    .toSorted(([m, a], [n, b]) => b.start_us - a.start_us || n - m)
    .filter(([, event]) => {
      const text = event.command.toLowerCase()
      const { cwd = '', start_us, duration_us, exit_code } = event
      return (
        wanted.words.every((word) => text.includes(word.toLowerCase())) &&
        !(wanted.without ?? []).some((word) => text.includes(word)) &&
        (wanted.cwd === undefined ||
          cwd === wanted.cwd ||
          cwd.startsWith(wanted.cwd === '/' ? '/' : `${wanted.cwd}/`)) &&
        (!wanted.failed || (exit_code !== null && exit_code !== 0)) &&
        RISKS.indexOf(event.risk_level ?? 'safe') >= RISKS.indexOf(wanted.risk ?? 'safe') &&
        (wanted.since === undefined || start_us >= wanted.since * 1000) &&
        (wanted.until === undefined || start_us < wanted.until * 1000) &&
        (wanted.shell === undefined || event.shell === wanted.shell) &&
        (wanted.exit === undefined || exit_code === wanted.exit) &&
        (wanted.longerMs === undefined || (duration_us ?? -1) / 1000 >= wanted.longerMs) &&
        (wanted.generated === undefined || event.karo_generated === wanted.generated)
      )
    })
    .filter(([, { command }]) => !wanted.unique || (!seen.has(command) && seen.add(command)))
  const ids = found.slice(0, wanted.limit).map(([n, { start_us }]) => idOfEvent(start_us, n))
  return { ids, total: found.length }
}

const search = async (events: EventRepository, wanted: EventFilter) => {
  const { events: found, total } = await events.search(1000, wanted)
  return { ids: found.map(({ id }) => id), total }
}

/** Resolves when searches are answered from the index. */
const recalled = (events: EventRepository) =>
  until(async () => (await events.rank(1000, { limit: 1 }, plain)).complete, { what: 'the whole index' })
const plain = { match: () => 1, place: () => 1, use: () => 1, score: () => 1, now: T0 / 1000 }

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ come: fc.array(sketch, { minLength: 1, maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.array(fc.nat(60), { maxLength: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ retain: fc.integer({ min: 0, max: 30 }) }) },
)

test('whatever comes and goes, from the database and from the index', async () => {
  await forAllAsyncIn(
    { numRuns: times(40, 400) },
    fc.array(step, { maxLength: 8 }),
    fc.array(filter, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    async (steps, filters, early) => {
      const db = await temporaryDatabase()
      const events = createEventRepository(db)
      let list: Made[] = []
      let n = 0
      // Told of each change from the beginning, or loaded of what there is.
      if (early) await recalled(events)
      for (const one of steps) {
        if ('come' in one) {
          const made = one.come.map(({ at, ...more }): Made => {
            n++
            return [n, { ...more, start_us: T0 + at * 1_000_000 }]
          })
          await ingest(events, made)
          list.push(...made)
        } else if ('remove' in one) {
          const going = list.filter((_, i) => one.remove.includes(i))
          await events.remove(
            1000,
            going.map(([number, { start_us }]) => idOfEvent(start_us, number)),
            never,
          )
          list = list.filter((made) => !going.includes(made))
        } else {
          const time = T0 / 1000 + one.retain * 1000
          await events.removeEvents(1000, time, never)
          await events.removeTexts(1000, never)
          list = list.filter(([, { start_us }]) => start_us >= time * 1000)
        }
      }
      for (const wanted of filters) {
        const expected = naive(list, wanted)
        // The columns of who did not search before are loaded now …
        expect(await search(createEventRepository(db), wanted)).toEqual(expected)
        // … and for what is to be deleted or exported the database itself is asked.
        const { limit, unique, ...all } = wanted
        if (!unique) {
          expect(await events.find(1000, wanted)).toEqual(expected.ids)
          const each = await events.find(1000, { ...all, limit: Number.POSITIVE_INFINITY })
          expect(each.slice(0, limit)).toEqual(expected.ids)
        }
        await recalled(events)
        expect(await search(events, wanted)).toEqual(expected)
      }
    },
  )
})

test('while others type and remove, what is found is there', async () => {
  const events = createEventRepository(await temporaryDatabase())
  const type = (from: number, to: number) =>
    ingest(
      events,
      Array.from({ length: to - from }, (_, i) => eventOf(from + i, { command: `echo ${(from + i) % 97}` })),
    )
  await type(0, 9_000)
  // Begins to load while all this goes on.
  const work = (async () => {
    for (let n = 9_000; n < 9_400; n += 10) await type(n, n + 10)
    await events.removeEvents(1000, T0 / 1000 + 500 * 1000, never)
  })()
  const found = []
  for (let i = 0; i < 60; i++) found.push(await events.search(1000, { words: ['echo 9'], limit: 20 }))
  await work
  await recalled(events)
  const last = await events.search(1000, { words: ['echo 9'], limit: 20 })
  const expected = Array.from({ length: 8_900 }, (_, i) => `echo ${(i + 500) % 97}`)
  expect(last.total).toBe(expected.filter((text) => text.includes('echo 9')).length)
  for (const { events: page } of [...found, last]) {
    expect(page).toHaveLength(20)
    for (const { command } of page) expect(revealLevel0(command)).toContain('echo 9')
  }
})

test('who searched long ago finds what came since', async () => {
  let now = 0
  const clock = { now: () => 0, monotonic: () => now }
  const events = createEventRepository(await temporaryDatabase(), [], clock)
  await ingest(events, [[1]])
  await recalled(events)
  now = 16 * 60_000
  await ingest(events, [[2]])
  const first = await events.rank(1000, { limit: 1 }, plain)
  expect(first.commands[0]?.uses).toBe(2)
})

test('what a program typed is left out of the count of what somebody typed', async () => {
  const events = createEventRepository(await temporaryDatabase())
  const made = [true, false, true].map((karo_generated, n) => eventOf(n, { karo_generated }))
  await ingest(events, made)
  // As many as are asked for are found before all were looked at.
  const found = await search(events, { words: [], generated: false, limit: 1 })
  expect(found).toEqual({ ids: [idOfEvent(T0 + 1_000_000, 1)], total: 1 })
  expect((await search(events, { words: [], failed: false, unique: false, limit: 1 })).total).toBe(3)
})

test('shells by more names than anybody has', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  await recalled(events)
  const shells = Array.from({ length: 700 }, (_, n) => `sh${n}`)
  await ingest(
    events,
    shells.map((shell, i) => eventOf(i, { shell })),
  )
  // Told of them, and loaded.
  for (const searched of [events, createEventRepository(db)]) {
    for (const n of [0, 127, 128, 255, 511, 699]) {
      const found = await search(searched, { words: [], shell: `sh${n}`, limit: 5 })
      expect(found).toEqual({ ids: [idOfEvent(T0 + n * 1_000_000, n)], total: 1 })
    }
  }
})

test('an exit code that no shell gives is taken for no other', async () => {
  const events = createEventRepository(await temporaryDatabase())
  await recalled(events)
  const codes = [7, 65_543, -65_529, -1, null]
  await ingest(
    events,
    codes.map((exit_code, n) => eventOf(n, { exit_code })),
  )
  const found = await search(events, { words: [], exit: 7, limit: 5 })
  expect(found).toEqual({ ids: [idOfEvent(T0, 0)], total: 1 })
})

test('an index that breaks loses nothing that was stored, and counts nothing twice', async () => {
  let broken = false
  const clock = {
    now: () => 0,
    monotonic() {
      if (broken) throw new RangeError('no room')
      return 0
    },
  }
  const events = createEventRepository(await temporaryDatabase(), [], clock)
  await ingest(events, [[1]])
  await recalled(events)
  broken = true
  await ingest(events, [[2]])
  broken = false
  await ingest(events, [[3]])
  expect(await events.count(1000)).toBe(3)
  expect((await search(events, { words: ['ls'], limit: 5 })).total).toBe(3)
})

test('what is prepared is there, also of what came since', async () => {
  const db = await temporaryDatabase()
  const before = createEventRepository(db)
  await ingest(before, [[1]])
  const events = createEventRepository(db)
  await events.prepareSearch()
  // Not the first page only.
  expect((await events.rank(1000, { limit: 1 }, plain)).complete).toBe(true)
  await ingest(events, [[2]])
  expect((await search(events, { words: ['ls'], limit: 5 })).total).toBe(2)
})

test('a text that is deleted while its owner is loaded is not found any more', async () => {
  const events = createEventRepository(await temporaryDatabase())
  await ingest(
    events,
    Array.from({ length: 3_000 }, (_, n) => eventOf(n, { command: `echo ${n}` })),
  )
  const searching = search(events, { words: ['echo 7'], limit: 1 })
  await events.removeEvents(1000, T0 / 1000 + 2_000 * 1000, never)
  await events.removeTexts(1000, never)
  await searching
  expect(await search(events, { words: ['echo 77'], limit: 1 })).toEqual({ ids: [], total: 0 })
  expect((await search(events, { words: ['echo 27'], limit: 1 })).total).toBe(100)
})

test('ranked by what the caller says a use is worth, with what was used how often', async () => {
  const events = createEventRepository(await temporaryDatabase())
  await ingest(events, [
    eventOf(1, { command: 'make test', cwd: '/work', exit_code: 2 }),
    eventOf(2, { command: 'make test', cwd: '/work' }),
    eventOf(3, { command: 'make clean', cwd: '/other' }),
    eventOf(4, { command: 'ls', cwd: '/work' }),
  ])
  await recalled(events)
  const ranking = {
    ...plain,
    match: (text: string) => (text.includes('make') ? 1 : 0),
    place: (cwd: string) => (cwd === '/other' ? 10 : 1),
    score: ({ worth }: { worth: number }) => worth,
  }
  const ranked = await events.rank(1000, { limit: 5 }, ranking)
  expect(ranked.total).toBe(2)
  expect(
    ranked.commands.map(({ event, uses, failures }) => [
      revealLevel0(event.command),
      event.exit_code,
      uses,
      failures,
    ]),
  ).toEqual([
    ['make clean', 0, 1, 0],
    ['make test', 0, 2, 1],
  ])
  const here = await events.rank(1000, { limit: 5, cwd: '/work', failed: true }, ranking)
  expect(here.commands.map(({ uses }) => uses)).toEqual([1])
})

test('three people at once: each finds their own', async () => {
  const db = await temporaryDatabase()
  const before = createEventRepository(db)
  const uids = [1000, 1001, 1002]
  await ingest(
    before,
    uids.map((uid) => eventOf(1, { uid, command: `echo ${uid}` })),
  )
  const events = createEventRepository(db)
  for (let round = 0; round < 3; round++) {
    const found = await Promise.all(uids.map((uid) => events.rank(uid, { limit: 5 }, plain)))
    expect(found.map(({ total }) => total)).toEqual([1, 1, 1])
  }
})

test('who is put out of memory by others while they wait is told of nothing that is gone', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  await ingest(events, [eventOf(1), eventOf(2), eventOf(3, { uid: 1001 }), eventOf(4, { uid: 1002 })])
  await recalled(events)
  const held = Promise.withResolvers<void>()
  const batch = db.batch.bind(db)
  db.batch = (async (...args: never[]) => {
    await held.promise
    return (batch as (...all: never[]) => Promise<void>)(...args)
  }) as never
  const removing = events.remove(1000, [idOfEvent(T0 + 1_000_000, 1)], never)
  const searching = search(events, { words: ['ls'], limit: 5 })
  // It has its index now, and waits for its turn.
  await new Promise((resolve) => setImmediate(resolve))
  const others = [1001, 1002].map((uid) => events.rank(uid, { limit: 5 }, plain))
  held.resolve()
  await removing
  expect(await searching).toEqual({ ids: [idOfEvent(T0 + 2_000_000, 2)], total: 1 })
  expect((await Promise.all(others)).map(({ total }) => total)).toEqual([1, 1])
})

test('who searches long texts holds up nobody who types', async () => {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const long = { command: `echo ${'x'.repeat(5_000)} tail` }
  await ingest(events, [[1, long]])
  await recalled(events)
  const held = Promise.withResolvers<void>()
  const getMany = db.getMany.bind(db)
  db.getMany = (async (...args: never[]) => {
    db.getMany = getMany
    await held.promise
    return (getMany as (...all: never[]) => Promise<unknown>)(...args)
  }) as never
  const searching = search(events, { words: ['tail'], limit: 5 })
  // It reads now …
  await new Promise((resolve) => setImmediate(resolve))
  await ingest(events, [[2, long]])
  held.resolve()
  // … and answers with what has come since.
  expect((await searching).total).toBe(2)
})
