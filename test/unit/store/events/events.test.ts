// Events, rollups, distinct commands and offsets change together or not at all; search finds exactly what matches.

import { expect, test, vi } from 'vitest'
import { RISK_LEVELS } from '../../../../src/assist/risk/index.ts'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import {
  createEventRepository,
  type EventFilter,
  type EventInput,
} from '../../../../src/store/events/events.ts'
import type { Database } from '../../../../src/store/level/database.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, positionAt } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'

const ALL: EventFilter = { words: [], limit: 1000 }
const EVER = 0xffff_ffff

async function stored(events: readonly EventInput[], db?: Database) {
  const database = db ?? (await temporaryDatabase())
  const repository = createEventRepository(database)
  await repository.ingest({ events, position: positionAt(events.length), dropped: 0 })
  const find = async (uid: number, filter: Partial<EventFilter>) => {
    const found = await repository.search(uid, { ...ALL, ...filter })
    return { commands: found.events.map(({ command }) => revealLevel0(command)), total: found.total }
  }
  return { db: database, repository, rollups: createRollupRepository(database), find }
}

test('what goes in comes out, newest first, with a short id that sorts by time', async () => {
  const { repository } = await stored([
    eventOf(1, { command: 'false', exit_code: 1, duration_us: null }),
    eventOf(2, { command: 'git push', cwd: '/srv/a', category: 'git', tool: 'git', risk_level: 'moderate' }),
  ])
  const { events, total } = await repository.search(1000, ALL)
  expect(total).toBe(2)
  expect(events.map((e) => ({ ...e, id: e.id.length }))).toEqual([
    {
      id: 18,
      timestamp: eventOf(2).start_us / 1000,
      shell: 'bash',
      command: 'git push',
      cwd: '/srv/a',
      exit_code: 0,
      duration_ms: 5,
      risk_level: 'moderate',
      category: 'git',
      tool: 'git',
      karo_generated: false,
      session: 1,
    },
    {
      id: 18,
      timestamp: eventOf(1).start_us / 1000,
      shell: 'bash',
      command: 'false',
      cwd: '/tmp',
      exit_code: 1,
      duration_ms: null,
      risk_level: 'safe',
      category: 'file_ops',
      tool: 'ls',
      karo_generated: false,
      session: 1,
    },
  ])
  expect(events[0]!.id > events[1]!.id).toBe(true)
})

test('the same record twice is one event; two records of one microsecond are two', async () => {
  const { repository, find } = await stored([eventOf(1, { tag: 7 }), eventOf(1, { tag: 8 })])
  await repository.ingest({ events: [], position: positionAt(9), dropped: 0 })
  expect((await find(1000, { words: ['ls'] })).total).toBe(2)
})

test('each filter finds what it says, and all together', async () => {
  const { find } = await stored([
    eventOf(1, { command: 'Docker RUN nginx', cwd: '/srv' }),
    eventOf(2, { command: 'docker ps', cwd: '/srv/web', exit_code: 2 }),
    eventOf(3, { command: 'rm -rf /', cwd: '/srvx', risk_level: 'critical' }),
    eventOf(4, { command: 'chmod 777 x', cwd: '/', risk_level: 'high', exit_code: null, shell: 'zsh' }),
    eventOf(5, { command: 'docker run busybox', uid: 1001 }),
  ])
  expect(await find(1000, { words: ['run', 'DOCKER'] })).toEqual({ commands: ['Docker RUN nginx'], total: 1 })
  expect((await find(1000, { words: ['nothing'] })).total).toBe(0)
  expect((await find(1000, { cwd: '/srv' })).commands).toEqual(['docker ps', 'Docker RUN nginx'])
  expect((await find(1000, { cwd: '/' })).total).toBe(4)
  expect((await find(1000, { failed: true })).commands).toEqual(['docker ps'])
  expect((await find(1000, { risk: 'high' })).commands).toEqual(['chmod 777 x', 'rm -rf /'])
  expect((await find(1000, { shell: 'zsh' })).commands).toEqual(['chmod 777 x'])
  expect((await find(1000, { since: eventOf(3).start_us / 1000 })).total).toBe(2)
  expect(await find(1000, { words: ['docker'], failed: true, cwd: '/srv', limit: 1 })).toEqual({
    commands: ['docker ps'],
    total: 1,
  })
  expect(await find(1000, { limit: 1 })).toEqual({ commands: ['chmod 777 x'], total: 4 })
  expect(await find(1001, {})).toEqual({ commands: ['docker run busybox'], total: 1 })
  expect(await find(1002, {})).toEqual({ commands: [], total: 0 })
})

const sketch = fc.record({
  n: fc.integer({ min: 0, max: 200_000 }),
  uid: fc.constantFrom(1000, 1001),
  command: fc.constantFrom('git status', 'Git push', 'ls', 'make test', 'ls -l'),
  exit_code: fc.constantFrom(0, 1, null),
  risk_level: fc.constantFrom(...RISK_LEVELS),
  tool: fc.constantFrom('git', 'ls', 'make'),
  duration_us: fc.constantFrom(null, 0, 1_500_000),
})

test('rollups, unique counts and search agree with a plain list, over batches and restarts', async () => {
  await forAllAsyncIn(
    { numRuns: 20 },
    fc.array(fc.array(sketch, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
    async (batches) => {
      const db = await temporaryDatabase()
      let tag = 0
      const all: EventInput[] = []
      for (const batch of batches) {
        const events = batch.map(({ n, ...more }) => {
          const event = eventOf(n, more)
          return { ...event, tag: tag++, local: { day: 20_000 + Math.floor(n / 86_400), hour: n % 24 } }
        })
        all.push(...events)
        // A new repository each time: nothing may depend on what the last one remembered.
        await createEventRepository(db).ingest({ events, position: positionAt(tag), dropped: 0 })
      }
      const repository = createEventRepository(db)
      const rollups = createRollupRepository(db)
      expect(await rollups.uids()).toEqual([...new Set(all.map(({ uid }) => uid))].sort())
      for (const uid of [1000, 1001]) {
        const own = all.filter((event) => event.uid === uid)
        expect(await repository.count(uid)).toBe(own.length)
        const failed = own.filter(({ exit_code }) => exit_code === 1)
        for (const parts of [await rollups.days(uid, 0, EVER), await rollups.hours(uid, 0, EVER)]) {
          const sum = (pick: (r: (typeof parts)[number]['rollup']) => number) =>
            parts.reduce((total, { rollup }) => total + pick(rollup), 0)
          expect(sum((r) => r.count)).toBe(own.length)
          expect(sum((r) => r.failures)).toBe(failed.length)
          expect(sum((r) => r.duration_ms)).toBe(own.filter(({ duration_us }) => duration_us).length * 1500)
          expect(sum((r) => r.tools.git?.count ?? 0)).toBe(own.filter(({ tool }) => tool === 'git').length)
          expect(sum((r) => r.tools.git?.failures ?? 0)).toBe(
            failed.filter(({ tool }) => tool === 'git').length,
          )
          expect(sum((r) => r.categories.file_ops?.count ?? 0)).toBe(own.length)
          for (const level of RISK_LEVELS) {
            expect(sum((r) => r.risk[level])).toBe(
              own.filter(({ risk_level }) => risk_level === level).length,
            )
          }
          for (let hour = 0; hour < 24; hour++) {
            expect(sum((r) => r.hourly[hour]!)).toBe(own.filter(({ local }) => local.hour === hour).length)
          }
        }
        const text = (event: EventInput): string => revealLevel0(event.command)
        for (const to of [20_001, EVER]) {
          const unique = new Set(own.filter(({ local }) => local.day < to).map(text))
          expect(await rollups.uniqueCommands(uid, 20_000, to)).toBe(unique.size)
        }
        const found = await repository.search(uid, { ...ALL, words: ['GIT'], risk: 'high' })
        const expected = own.filter((e) => /git/i.test(text(e)) && RISK_LEVELS.indexOf(e.risk_level) >= 2)
        expect(found.total).toBe(expected.length)
        expect(found.events.length).toBe(expected.length)
      }
    },
  )
})

test('hours are UTC hours, days are the days the event says', async () => {
  const hour = Math.floor(eventOf(0).start_us / 3_600_000_000)
  const { rollups } = await stored([eventOf(0, { local: { day: 5, hour: 23 } })])
  expect((await rollups.hours(1000, hour, hour + 1)).map((r) => r.hour)).toEqual([hour])
  expect(await rollups.hours(1000, hour + 1, EVER)).toEqual([])
  expect((await rollups.days(1000, 5, 6)).map(({ day, rollup }) => [day, rollup.hourly[23]])).toEqual([
    [5, 1],
  ])
})

test('unique commands of hours are exact, whatever the zones they ran in and wherever the range cuts', async () => {
  const event = fc.record({
    at: fc.integer({ min: 0, max: 9 * 24 * 60 - 1 }),
    zone: fc.integer({ min: -12 * 60, max: 14 * 60 }),
    command: fc.integer({ min: 0, max: 5 }),
    uid: fc.constantFrom(1000, 1001),
  })
  const hours = fc.integer({ min: 0, max: 9 * 24 })
  await forAllAsyncIn(
    { numRuns: 25 },
    fc.array(event, { maxLength: 60 }),
    fc.array(fc.tuple(hours, hours)),
    async (all, cuts) => {
      const first = 20_000 * 24
      const events = all.map(({ at, zone, command, uid }, tag) => {
        const local = first * 60 + at + zone
        const when = { day: Math.floor(local / 1440), hour: Math.floor((local % 1440) / 60) }
        const start_us = (first * 60 + at) * 60_000_000
        return eventOf(0, { tag, start_us, uid, command: `c${command}`, local: when })
      })
      const { rollups } = await stored(events)
      for (const [from, to] of [...cuts, [0, 216] as const, [5, 200] as const]) {
        for (const uid of [1000, 1001]) {
          const ran = all.filter((e) => e.uid === uid && e.at >= from * 60 && e.at < to * 60)
          expect(await rollups.uniqueCommandsOfHours(uid, first + from, first + to)).toBe(
            new Set(ran.map(({ command }) => command)).size,
          )
        }
      }
    },
  )
})

test('a day that was counted in the west reaches beyond the end of its date in UTC, and in the east before its start', async () => {
  const first = 20_000 * 24
  const at = (hour: number, day: number, command: string, tag: number) =>
    eventOf(0, { tag, start_us: (first + hour) * 3_600_000_000, command, local: { day, hour: 0 } })
  const { rollups } = await stored([
    at(50, 20_002, 'inside', 1),
    // UTC-12, after the end of the range; UTC+14, before its start.
    at(97, 20_003, 'west', 2),
    at(23, 20_001, 'east', 3),
  ])
  expect(await rollups.uniqueCommandsOfHours(1000, first + 24, first + 96)).toBe(1)
  expect(await rollups.uniqueCommandsOfHours(1000, first + 23, first + 98)).toBe(3)
})

test('a batch that cannot be written changes nothing, and the next one counts right', async () => {
  const { db, repository, rollups, find } = await stored([eventOf(1, { command: 'before' })])
  const batch = db.batch
  db.batch = (() => Promise.reject(new Error('disk full'))) as never
  const lost = { events: [eventOf(2, { command: 'new' })], position: positionAt(5), dropped: 3 }
  await expect(repository.ingest(lost)).rejects.toThrow('disk full')
  db.batch = batch
  expect(await repository.positions()).toEqual([positionAt(1)])
  expect(await repository.dropped()).toBe(0)
  await repository.ingest(lost)
  expect((await find(1000, {})).commands).toEqual(['new', 'before'])
  expect((await rollups.days(1000, 0, EVER))[0]!.rollup.count).toBe(2)
  expect(await rollups.uniqueCommands(1000, 0, EVER)).toBe(2)
  expect(await repository.positions()).toEqual([positionAt(5)])
  expect(await repository.dropped()).toBe(3)
})

test('a large batch that cannot be written changes nothing either', async () => {
  const { db, repository, rollups, find } = await stored([eventOf(1, { command: 'before' })])
  const batch = db.batch.bind(db) as () => ReturnType<typeof db.batch>
  db.batch = (() => {
    const chained = batch()
    chained.write = () => Promise.reject(new Error('disk full'))
    return chained
  }) as never
  const events = Array.from({ length: 500 }, (_, i) => eventOf(2 + i, { command: `new ${i % 9}` }))
  const lost = { events, position: positionAt(5), dropped: 3 }
  await expect(repository.ingest(lost)).rejects.toThrow('disk full')
  db.batch = batch as never
  expect(await repository.positions()).toEqual([positionAt(1)])
  expect((await find(1000, {})).total).toBe(1)
  await repository.ingest(lost)
  expect((await find(1000, {})).total).toBe(501)
  expect((await rollups.days(1000, 0, EVER))[0]!.rollup.count).toBe(501)
  expect(await rollups.uniqueCommands(1000, 0, EVER)).toBe(10)
  expect(await repository.positions()).toEqual([positionAt(5)])
})

test('events that come together are counted as if each came by itself', async () => {
  const sketch = fc.record({
    uid: fc.constantFrom(1000, 1001),
    hours: fc.nat(30),
    command: fc.constantFrom('a', 'b', 'c'),
    category: fc.constantFrom('git', 'file_ops'),
    tool: fc.constantFrom('git', 'ls', '__proto__'),
    exit_code: fc.constantFrom(0, 1, null),
    duration_us: fc.constantFrom(null, 1_400, 2_600),
    risk_level: fc.constantFrom('safe' as const, 'high' as const),
    rule: fc.option(fc.constantFrom('rm-root', 'git-force-push'), { nil: undefined }),
    answered: fc.boolean(),
    untimed: fc.boolean(),
    karo_generated: fc.boolean(),
  })
  await forAllAsyncIn({ numRuns: 25 }, fc.array(sketch, { maxLength: 30 }), async (sketches) => {
    const events = sketches.map(({ hours, rule, answered, untimed, ...more }, i) => {
      const start_us = T0 + hours * 3_600_000_000 + i
      const local = { day: 20_777 + Math.floor(hours / 24), hour: hours % 24 }
      return {
        ...eventOf(i, { ...more, start_us, local }),
        ...(rule !== undefined && { rule }),
        ...(answered && { answered }),
        ...(untimed && { untimed }),
      }
    })
    const rows = await Promise.all(
      [[events], events.map((event) => [event])].map(async (batches) => {
        const db = await temporaryDatabase()
        const repository = createEventRepository(db)
        for (const some of batches)
          await repository.ingest({ events: some, position: positionAt(0), dropped: 0 })
        return db.iterator().all()
      }),
    )
    // Numbers of texts, names in rollups and all else come out in the same order, so the rows have the same bytes.
    if (events.length > 0) expect(rows[0]).toEqual(rows[1])
  })
})

test('concurrent batches do not lose each other’s counts', async () => {
  const { repository, rollups } = await stored([])
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      repository.ingest({
        events: [eventOf(i, { command: `c${i % 3}` })],
        position: positionAt(i),
        dropped: 1,
      }),
    ),
  )
  expect((await rollups.days(1000, 0, EVER))[0]!.rollup.count).toBe(20)
  expect(await rollups.uniqueCommands(1000, 0, EVER)).toBe(3)
  expect(await repository.dropped()).toBe(20)
})

test('settling waits for the disk, storing does not', async () => {
  const db = await temporaryDatabase()
  const batch = vi.spyOn(db, 'batch')
  const { repository } = await stored([eventOf(1)], db)
  await repository.settle(positionAt(1))
  const calls: readonly (readonly unknown[])[] = batch.mock.calls
  expect(calls.map(([, options]) => options)).toEqual([undefined, { sync: true }])
})

test('positions are kept, settled and forgotten by name; names stay whole', async () => {
  const { repository } = await stored([])
  const other = positionAt(3, { name: 'ä.spool', file: '9:9' })
  await repository.settle(other)
  expect(await repository.positions()).toEqual([positionAt(0), other])
  await repository.forget(['ä.spool'])
  expect(await repository.positions()).toEqual([positionAt(0)])
})
