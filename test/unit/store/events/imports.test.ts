// Nothing that is imported is there twice, what is there already is left alone, and an undo takes out exactly what came.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  type Arrival,
  createEventRepository,
  type EventRepository,
  idOfEvent,
} from '../../../../src/store/events/events.ts'
import type { Database } from '../../../../src/store/level/database.ts'
import { keyRange } from '../../../../src/store/level/keyspace.ts'
import { recount } from '../../../../src/store/rescue/counts.ts'
import { isSound } from '../../../../src/store/rescue/rows.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { eventOf, positionAt, type Sketch } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'

const UID = 1000
const never = new AbortController().signal
const ABOUT = { source: 'bash', file: '/home/ann/.bash_history', started_at: 1 }

let position = 0
const live = (events: EventRepository, list: readonly Sketch[]) =>
  events.ingest({
    events: list.map((sketch, i) => eventOf(1_000_000 + ++position * 100 + i, sketch)),
    position: positionAt(position),
    dropped: 0,
  })

/** `at`: seconds after T0. */
const timed = (command: string, at: number, more: Sketch = {}): Arrival => {
  const start_us = T0 + at * 1_000_000
  const tag = [...`${command} ${at}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7)
  return { event: eventOf(0, { command, start_us, tag, exit_code: null, ...more }), exact: false, nth: 1 }
}
const untimed = (command: string, at: number, nth: number, more: Sketch = {}): Arrival => {
  const { event } = timed(command, at, more)
  return { event: { ...event, tag: event.tag ^ nth, untimed: true }, exact: false, nth }
}

async function bring(events: EventRepository, ...batches: readonly (readonly Arrival[])[]) {
  const importing = await events.beginImport(UID, ABOUT, false)
  const added: number[] = []
  for (const batch of batches) added.push(await importing.add(batch))
  const number = await importing.finish(2)
  await importing.close()
  return { added, number }
}

const commandsOf = async (events: EventRepository): Promise<string[]> =>
  (await events.search(UID, { words: [], limit: 1_000 })).events.map(({ command }) => String(command))

/** All that is stored of a person but the list of imports. */
async function everything(db: Database): Promise<string[]> {
  const rows: string[] = []
  for await (const [key, value] of db.iterator()) {
    // Imports; and what is marked until the next sweep, the number of a text that is given once only.
    if (key[0] === 25 || (key[0] === 3 && [3, 4, 5].includes(key[5]!))) continue
    rows.push(`${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`)
  }
  return rows
}

async function opened() {
  const db = await temporaryDatabase()
  return { db, events: createEventRepository(db), rollups: createRollupRepository(db) }
}

test('twice is once, in any cut into batches', async () => {
  const { events } = await opened()
  const file = Array.from({ length: 10 }, (_, i) => timed(`echo ${i % 3}`, i))
  expect(await bring(events, file)).toEqual({ added: [10], number: 1 })
  expect(await bring(events, file.slice(0, 3), file.slice(3))).toEqual({ added: [0, 0], number: null })
  expect(await bring(events, [...file, timed('echo new', 90)])).toEqual({ added: [1], number: 2 })
  expect(await commandsOf(events)).toHaveLength(11)
})

test('what was recorded here is known: same text, same shell, at most two seconds apart', async () => {
  const { events } = await opened()
  const at = (seconds: number) => ({ start_us: T0 + seconds * 1_000_000 })
  await live(events, [
    { command: 'make', ...at(10.9) },
    { command: 'make', ...at(40) },
    { command: 'ls', shell: 'zsh', ...at(70) },
    { command: 'pwd', ...at(90) },
  ])
  const fresh = [timed('make', 37), timed('make', 43), timed('ls', 71), timed('pwd -P', 90)]
  const known = [timed('make', 10), timed('make', 41), timed('pwd', 88), timed('ls', 71, { shell: '?' })]
  for (const [arrivals, added] of [
    [known, 0],
    [fresh, 4],
  ] as const) {
    const importing = await events.beginImport(UID, ABOUT, true)
    expect(await importing.add(arrivals)).toBe(added)
    await importing.close()
  }
  expect((await bring(events, [...fresh, ...known])).added).toEqual([4])
})

test('one that is there answers for one that arrives, in one batch and in several', async () => {
  for (const cut of [1, 2, 4]) {
    const { events } = await opened()
    await live(events, [
      { command: 'ls', start_us: T0 },
      { command: 'ls', start_us: T0 + 1_200_000 },
    ])
    const file = [0, 0, 1, 1].map((second, i) => timed('ls', second + i / 1e6))
    const importing = await events.beginImport(UID, ABOUT, false)
    let added = 0
    for (let at = 0; at < file.length; at += cut) added += await importing.add(file.slice(at, at + cut))
    await importing.close()
    expect(added).toBe(2)
  }
})

test('what still ran when it was imported gives way to its record, and to that alone', async () => {
  const { db, events, rollups } = await opened()
  await bring(events, [
    timed('vim a', 0),
    timed('vim a', 1, { exit_code: 0 }),
    timed('ssh b', 2, { shell: '?' }),
    timed('ssh b', 3, { shell: 'zsh' }),
    timed('make', 4),
    untimed('top', 5, 1),
    timed('ls', 9),
  ])
  const at = (seconds: number) => ({ start_us: T0 + seconds * 1_000_000 })
  await live(events, [
    { command: 'vim a', ...at(1.4), exit_code: 0 },
    { command: 'ssh b', ...at(2.9), exit_code: 1 },
    { command: 'make -j', ...at(4), exit_code: 2 },
    { command: 'top', ...at(5), exit_code: 0 },
    { command: 'ls', ...at(6.9), exit_code: 0 },
  ])
  const { events: found } = await events.search(UID, { words: [], limit: 20 })
  expect(found.map(({ command, shell, exit_code }) => `${String(command)} ${shell} ${exit_code}`)).toEqual([
    'ls bash null',
    'ls bash 0',
    'top bash null',
    'top bash 0',
    'make bash null',
    'make -j bash 2',
    'ssh b zsh null',
    'ssh b bash 1',
    'vim a bash 0',
    'vim a bash 0',
  ])
  const hours = async () => JSON.stringify(await rollups.hours(UID, 0, 999_999))
  const counted = await hours()
  expect(await recount(db, UID, true)).toMatchObject({ rollups_hour: 0, rollups_day: 0 })
  expect(await hours()).toBe(counted)
  expect(await events.imports(UID, 9)).toMatchObject([{ events: 5 }])
  expect(await events.undoImport(UID, 1, 100, never)).toEqual({ removed: 5, left: 0 })
})

test('what one typed twice is replaced once, and a record replaces no other record', async () => {
  const { events } = await opened()
  await bring(events, [timed('sleep 9', 0)])
  await live(events, [{ command: 'sleep 9', start_us: T0 + 100_000, exit_code: null }])
  await live(events, [{ command: 'sleep 9', start_us: T0 + 200_000, exit_code: 0 }])
  expect(await events.count(UID)).toBe(2)
  await bring(events, [timed('sleep 9', 1), timed('sleep 9', 2)])
  expect(await events.count(UID)).toBe(2)
})

test('repeats of one import are all kept: it is compared with what was there before', async () => {
  const { events } = await opened()
  expect((await bring(events, [timed('ls', 0), timed('ls', 1)], [timed('ls', 2)])).added).toEqual([2, 1])
})

test('without a time: as often as the text is there in that shell, whatever its place', async () => {
  const { events } = await opened()
  await live(events, [
    { command: 'ls' },
    { command: 'ls', start_us: T0 + 5 },
    { command: 'vi', shell: 'zsh' },
  ])
  const file = (from: number) => [
    untimed('ls', from, 1),
    untimed('vi', from + 1, 1),
    untimed('ls', from + 2, 2),
    untimed('ls', from + 3, 3),
  ]
  expect((await bring(events, file(0))).added).toEqual([2])
  // The file was written since: all places are others.
  expect((await bring(events, file(500))).added).toEqual([0])
  expect((await bring(events, [...file(900), untimed('ls', 990, 4)])).added).toEqual([1])
  expect((await commandsOf(events)).filter((command) => command === 'ls')).toHaveLength(4)
})

test('a whole history of one second is known again, in little memory', () => {
  const script = fileURLToPath(new URL('./crowded-second.ts', import.meta.url))
  const args = ['--max-old-space-size=48', script, temporaryDirectory()]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout, stderr).toBe('15000\n0\n')
})

test('the same text in crowds: each that is there answers for one, in its second or in its shell', async () => {
  const { events } = await opened()
  const crowd = (from: number, shell: string, length: number): Arrival[] =>
    Array.from({ length }, (_, i) => timed('ls', from + i / 1e6, { shell, tag: 7_000 + i }))
  await bring(events, crowd(0, 'zsh', 40))
  // Of the next second, and another shell: not known; of the same second: known.
  expect((await bring(events, crowd(1, 'bash', 3))).added).toEqual([3])
  expect((await bring(events, crowd(0.9, 'bash', 45))).added).toEqual([2])
})

test('few that lie far apart, with much between them, are known as well', async () => {
  const { events } = await opened()
  const much = Array.from({ length: 1_500 }, (_, i) => ({
    command: `echo ${i}`,
    start_us: T0 + i * 1_000_000,
  }))
  await live(events, much)
  const file = [timed('echo 0', 1), timed('echo 7', 3), timed('echo 700', 700), timed('echo 1499', 1_497)]
  const added = [timed('echo 0', 2.5), ...file.slice(1)]
  expect((await bring(events, file)).added).toEqual([1])
  expect((await bring(events, added)).added).toEqual([1])
  expect((await bring(events, [...file, added[0]!])).added).toEqual([0])
  // Every one of them, and steps over parts, just one and several pages of what is read at once.
  for (const step of [1, 5, 63, 64, 65, 300]) {
    const some = much.flatMap(({ command }, i) => (i % step === 0 ? [timed(command, i + 1.5)] : []))
    expect((await bring(events, some)).added, `each ${step}th`).toEqual([0])
  }
})

test('what went out in the words of another shell, and with a place for a time, is known when it comes back', async () => {
  const { events } = await opened()
  await live(events, [{ command: 'ls', shell: 'zsh', start_us: T0 + 400_000 }])
  await bring(events, [untimed('pwd', 7, 1)])
  expect((await bring(events, [timed('ls', 0), timed('pwd', 7)])).added).toEqual([0])
})

test('without a time of a few shells only: each is counted over all that is there', async () => {
  const { events } = await opened()
  const shells = Array.from({ length: 9 }, (_, i) => `sh${'abcdefghi'[i]}`)
  const file = shells.map((shell, i) => untimed('ls', i, 1, { shell }))
  const importing = await events.beginImport(UID, ABOUT, false)
  await expect(importing.add(file)).rejects.toMatchObject({ code: 'bad_request' })
  expect(await events.count(UID)).toBe(0)
  expect(await importing.add(file.slice(0, 8))).toBe(8)
  // A time tells more than a count.
  expect(await importing.add([timed('ls', 99, { shell: 'other' })])).toBe(1)
  await importing.close()
})

test('a place without a time is no time that something could have run at', async () => {
  const { events } = await opened()
  await bring(events, [untimed('ls', 10, 1)])
  expect((await bring(events, [timed('ls', 11)])).added).toEqual([1])
})

test('without a time nothing is counted by hour and day, also not by a repair, and not taken off by an undo', async () => {
  const { db, events, rollups } = await opened()
  await live(events, [{ command: 'ls', start_us: T0 }])
  const numbers = async () => [
    await rollups.hours(UID, 0, 999_999),
    await rollups.days(UID, 0, 99_999),
    await rollups.uniqueCommands(UID, 0, 99_999),
    await rollups.uniqueCommandsOfHours(UID, 0, 999_999),
    await rollups.uniqueCommandsOfHours(UID, Math.floor(T0 / 3.6e9), Math.floor(T0 / 3.6e9) + 1),
  ]
  const before = await numbers()
  const { number } = await bring(events, [untimed('ls', 1, 2), untimed('pwd', 2, 1)])
  expect(await numbers()).toEqual(before)
  expect(await events.count(UID)).toBe(3)
  expect((await recount(db, UID, true)).rollups_hour).toBe(0)
  expect(await numbers()).toEqual(before)
  const found = await events.search(UID, { words: [], limit: 9 })
  expect(found.events.map(({ untimed }) => untimed)).toEqual([true, true, undefined])
  await events.undoImport(UID, number!, 100, never)
  expect(await numbers()).toEqual(before)
  expect(await events.count(UID)).toBe(1)
})

test('an undo takes out exactly what came: not what was there, not what came since', async () => {
  const { db, events } = await opened()
  await live(events, [
    { command: 'before', start_us: T0 - 5e6 },
    { command: 'both', start_us: T0 },
  ])
  const before = await everything(db)
  const first = await bring(events, [timed('both', 0), timed('both', 60), timed('theirs', 61)])
  expect(first).toEqual({ added: [2], number: 1 })
  expect(await events.undoImport(UID, 1, 100, never)).toEqual({ removed: 2, left: 0 })
  expect(await everything(db)).toEqual(before)
  expect(await events.imports(UID, 9)).toEqual([])

  await bring(events, [timed('both', 60), timed('theirs', 61)])
  await live(events, [
    { command: 'since', start_us: T0 + 99e6 },
    { command: 'theirs', start_us: T0 + 99e6 },
  ])
  expect(await events.undoImport(UID, 1, 100, never)).toBeUndefined()
  expect(await events.undoImport(UID, 2, 100, never)).toEqual({ removed: 2, left: 0 })
  expect(await commandsOf(events)).toEqual(expect.arrayContaining(['before', 'both', 'since', 'theirs']))
  expect(await events.count(UID)).toBe(4)
})

test('in parts, the last first; what was removed before is passed over; another person has no part in it', async () => {
  const { db, events } = await opened()
  const batches = [0, 1, 2].map((b) =>
    Array.from({ length: 5 }, (_, i) => timed(`echo ${b} ${i}`, b * 10 + i)),
  )
  await bring(events, ...batches)
  const { start_us, tag } = batches[2]![1]!.event
  await events.remove(UID, [idOfEvent(start_us, tag)], never)
  expect(await events.undoImport(UID + 1, 1, 5, never)).toBeUndefined()
  expect(await events.undoImport(UID, 1, 5, never)).toEqual({ removed: 4, left: 10 })
  expect(await events.imports(UID, 9)).toMatchObject([{ number: 1, events: 10, finished_at: 2 }])
  expect(await events.undoImport(UID, 1, 5, never)).toEqual({ removed: 5, left: 5 })
  expect(await events.undoImport(UID, 1, 5, never)).toEqual({ removed: 5, left: 0 })
  expect(await events.count(UID)).toBe(0)
  expect(await db.keys(keyRange('imports', { u32: UID })).all()).toHaveLength(1)
  expect((await bring(events, batches[0]!)).number).toBe(2)
})

test('who deletes what an import brought, and imports it again, keeps it when the first is undone', async () => {
  const { db, events } = await opened()
  const file = [timed('echo 1', 0), timed('echo 2', 1), timed('echo 3', 2), timed('ls', 3)]
  await bring(events, file)
  const ids = file.slice(0, 3).map(({ event }) => idOfEvent(event.start_us, event.tag))
  await events.remove(UID, ids, never)
  expect(await events.imports(UID, 9)).toMatchObject([{ number: 1, events: 1 }])
  expect(await bring(events, file)).toEqual({ added: [3], number: 2 })
  expect(await events.undoImport(UID, 1, 100, never)).toEqual({ removed: 1, left: 0 })
  expect(await commandsOf(events)).toEqual(['echo 3', 'echo 2', 'echo 1'])

  // What has none left is on no list, and nothing of its events is left on the disk.
  await events.remove(UID, ids, never)
  expect(await events.imports(UID, 9)).toEqual([])
  expect(await db.keys(keyRange('imports', { u32: UID })).all()).toHaveLength(1)
})

test('what goes for its age is off the list as well', async () => {
  const { events } = await opened()
  await bring(events, [timed('a', 0), timed('b', 60)], [timed('c', 1)])
  await events.removeEvents(UID, T0 / 1000 + 30_000, never)
  expect(await events.imports(UID, 9)).toMatchObject([{ events: 1 }])
  expect((await bring(events, [timed('a', 0), timed('b', 60)])).added).toEqual([1])
  expect(await events.undoImport(UID, 1, 100, never)).toEqual({ removed: 1, left: 0 })
  expect(await commandsOf(events)).toEqual(['a'])
})

test('an event is on the list that brought it last, also where it got lost without being removed', async () => {
  const { db, events } = await opened()
  await bring(events, [timed('a', 0), timed('b', 1)])
  const rows = await db.keys(keyRange('events', { u32: UID })).all()
  await db.del(rows[0]!)
  const next = createEventRepository(db)
  expect((await bring(next, [timed('a', 0), timed('b', 1)])).added).toEqual([1])
  expect(await next.imports(UID, 9)).toMatchObject([
    { number: 2, events: 1 },
    { number: 1, events: 1 },
  ])
  expect(await next.undoImport(UID, 1, 100, never)).toEqual({ removed: 1, left: 0 })
  expect(await commandsOf(next)).toEqual(['a'])
})

test('an import counts on after some of it was deleted, or all', async () => {
  const { events } = await opened()
  const [a, b, c] = [timed('a', 0), timed('b', 1), timed('c', 2)] as const
  const importing = await events.beginImport(UID, ABOUT, false)
  await importing.add([a, b])
  await events.remove(UID, [idOfEvent(a.event.start_us, a.event.tag)], never)
  await importing.add([c])
  expect(await events.imports(UID, 9)).toMatchObject([{ number: 1, events: 2 }])
  const ids = [b, c].map(({ event }) => idOfEvent(event.start_us, event.tag))
  await events.remove(UID, ids, never)
  await importing.add([timed('d', 3)])
  expect(await importing.finish(2)).toBe(1)
  await importing.close()
  expect(await events.imports(UID, 9)).toMatchObject([{ number: 1, events: 1, finished_at: 2 }])
})

test('an undo in parts goes over texts and files once, at its end', async () => {
  const { db, events } = await opened()
  await bring(events, [timed('a', 0)], [timed('b', 1)])
  const texts = () => db.keys(keyRange('commands', { u32: UID }, { bytes: Uint8Array.of(2) })).all()
  const before = (await texts()).length
  expect(await events.undoImport(UID, 1, 1, never)).toEqual({ removed: 1, left: 1 })
  expect(await texts()).toHaveLength(before)
  expect(await events.isUnpurged(UID)).toBe(true)
  expect(await events.undoImport(UID, 1, 1, never)).toEqual({ removed: 1, left: 0 })
  expect(await texts()).toHaveLength(0)
  expect(await events.isUnpurged(UID)).toBe(false)
})

test('a kill in an undo leaves an import that can be undone further, of just what is there', async () => {
  const { db, events } = await opened()
  await bring(events, [timed('a', 0)], [timed('b', 1)])
  const batch = db.batch.bind(db)
  let left = 1
  db.batch = ((...args: never[]) => {
    // The one that takes the events out is written, and nothing after it.
    if (left-- <= 0) return Promise.reject(new Error('killed'))
    return (batch as (...all: never[]) => Promise<void>)(...args)
  }) as never
  await expect(events.undoImport(UID, 1, 1, never)).rejects.toThrow('killed')
  db.batch = batch
  const next = createEventRepository(db)
  expect(await next.count(UID)).toBe(1)
  expect(await next.imports(UID, 9)).toMatchObject([{ number: 1, events: 1 }])
  expect(await next.undoImport(UID, 1, 1, never)).toEqual({ removed: 1, left: 0 })
  expect(await next.imports(UID, 9)).toEqual([])
})

test('an import that was broken off is listed, and can be undone', async () => {
  const { events } = await opened()
  const importing = await events.beginImport(UID, ABOUT, false)
  await importing.add([timed('a', 0)])
  await importing.close()
  expect(await events.imports(UID, 9)).toEqual([{ ...ABOUT, number: 1, finished_at: null, events: 1 }])
  expect(await events.undoImport(UID, 1, 100, never)).toEqual({ removed: 1, left: 0 })
})

test('by id alone: what an export wrote, also two of one second', async () => {
  const { events } = await opened()
  await live(events, [{ command: 'ls', start_us: T0 }])
  const exact = [timed('ls', 0.5), timed('ls', 0.6)].map((one) => ({ ...one, exact: true }))
  expect((await bring(events, exact)).added).toEqual([2])
  expect((await bring(events, exact)).added).toEqual([0])
})

test('rows of imports are told from damage', async () => {
  const { db, events } = await opened()
  await bring(events, [timed('a', 0)])
  const rows = await db.iterator(keyRange('imports')).all()
  expect(rows).toHaveLength(3)
  for (const [key, value] of rows) {
    expect(isSound('imports', key, value)).toBe(true)
    expect(isSound('imports', key, value.subarray(0, value.length - 1))).toBe(false)
    expect(isSound('imports', key.subarray(0, key.length - 1), value)).toBe(false)
  }
})
