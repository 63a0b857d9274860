// Migrations run once, in order, and a kill between or inside them is repaired by the next start.
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { fold } from '../../../src/insight/statistics/fold.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import type { Change, Database } from '../../../src/store/level/database.ts'
import { type Keyspace, keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { type Migration, migrate, NEWEST_SCHEMA } from '../../../src/store/rescue/migrations.ts'
import { mutable } from '../../../src/store/rollups/count.ts'
import { createRollupRepository, decodeRollup, encodeRollup } from '../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, positionAt } from '../../support/data/events.ts'

const EVER = 0xffff_ffff
const key = (name: string): Buffer => makeKey('memory', { text: name })
const put = (name: string, value: unknown): Change => ({
  type: 'put',
  key: key(name),
  value: encodeValue(value),
})
const read = async (db: Database, name: string): Promise<unknown> => {
  const bytes = await db.get(key(name))
  return bytes === undefined ? undefined : decodeValue(bytes)
}
const run = (db: Database, migrations: readonly Migration[]) =>
  migrate(db, '/db', { log: silentLog, migrations })

/** Counting up shows a step that ran twice. */
const increment = (version: number): Migration => ({
  version,
  name: `increment to ${version}`,
  run: async (db) => [put('count', ((await read(db, 'count')) as number) + 1)],
})

test('a fresh database starts at the newest schema without running anything', async () => {
  const db = await temporaryDatabase()
  expect(await run(db, [increment(2), increment(3)])).toBe(3)
  expect(await read(db, 'count')).toBeUndefined()
})

test('each missing step runs once, in order', async () => {
  const db = await temporaryDatabase()
  await run(db, [])
  await db.batch([put('count', 0)])
  expect(await run(db, [increment(2)])).toBe(2)
  expect(await run(db, [increment(2), increment(3), increment(4)])).toBe(4)
  expect(await run(db, [increment(2), increment(3), increment(4)])).toBe(4)
  expect(await read(db, 'count')).toBe(3)
})

test('a step that fails leaves those before it done and itself undone', async () => {
  const db = await temporaryDatabase()
  await run(db, [])
  await db.batch([put('count', 0)])
  const broken: Migration = { version: 3, name: 'broken', run: () => Promise.reject(new Error('disk full')) }
  await expect(run(db, [increment(2), broken])).rejects.toThrow('disk full')
  expect(await read(db, 'count')).toBe(1)
  expect(await run(db, [increment(2), increment(3)])).toBe(3)
  expect(await read(db, 'count')).toBe(2)
})

test('a database of a newer program is refused and left as it is', async () => {
  const db = await temporaryDatabase()
  await run(db, [increment(2)])
  await expect(run(db, [])).rejects.toMatchObject({
    code: 'bad_file',
    where: '/db',
    hint: expect.stringContaining('restore an older backup'),
  })
  const copyOf = (schema: number) => `/home/from-${schema}.tar`
  await expect(migrate(db, '/db', { log: silentLog, migrations: [], copyOf })).rejects.toMatchObject({
    hint: expect.stringContaining('karo restore /home/from-1.tar --replace'),
  })
  expect(await run(db, [increment(2)])).toBe(2)
})

test('data without a schema, or with one that cannot be read, is refused', async () => {
  const db = await temporaryDatabase()
  await db.batch([put('count', 0)])
  await expect(run(db, [])).rejects.toMatchObject({ code: 'bad_file' })
  for (const bad of [encodeValue(1, 9), encodeValue('one'), encodeValue(0), Buffer.from([1, 0xc1])]) {
    await db.put(makeKey('meta', { text: 'schema' }), bad)
    await expect(run(db, [])).rejects.toMatchObject({ code: 'bad_file' })
  }
})

test('a list with a gap is a mistake of ours, found before anything runs', async () => {
  const db = await temporaryDatabase()
  await expect(run(db, [increment(3)])).rejects.toThrow(RangeError)
  expect(await db.keys().all()).toEqual([])
})

/** Rows of rollups as earlier schemas wrote them: 1 without durations by category, 5 without commands of unknown end. */
const EARLIER: Readonly<Record<number, (value: Uint8Array) => Buffer>> = {
  1: (value) => {
    const row = decodeValue<[number, number, number, Record<string, number[]>, ...unknown[]]>(value, 2)
    for (const tally of Object.values(row[3])) tally.length = 2
    return encodeValue(row)
  },
  5: (value) => {
    const rollup = mutable(decodeRollup(value))
    for (const tally of [...Object.values(rollup.categories), ...Object.values(rollup.tools)])
      tally.unknown = 0
    return encodeRollup(rollup)
  },
}

test.each([1, 5])('a database of schema %i ends up as one that counted from the start', async (schema) => {
  const db = await temporaryDatabase()
  const events = Array.from({ length: 40 }, (_, n) => {
    const event = eventOf(n * 600, {
      category: n % 3 === 0 ? 'git' : 'npm',
      duration_us: n % 7 === 0 ? null : 1_000 * n,
      exit_code: n % 4 === 0 ? 1 : n % 2 === 0 ? 0 : null,
      uid: n % 5 === 0 ? 1001 : 1000,
    })
    const at = new Date(event.start_us / 1000)
    const day = Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000)
    return { ...event, local: { day, hour: at.getHours() } }
  })
  await createEventRepository(db).ingest({ events, position: positionAt(1), dropped: 0 })
  const rollups = createRollupRepository(db)
  const all = async () =>
    await Promise.all(
      [1000, 1001].flatMap((uid) => [rollups.hours(uid, 0, EVER), rollups.days(uid, 0, EVER)]),
    )
  const counted = await all()
  expect(counted.every((rows) => rows.length > 0)).toBe(true)
  const sum = async () => fold((await rollups.days(1000, 0, EVER)).map(({ rollup }) => rollup))
  expect(await sum()).toMatchObject({ count: 32, failures: 8, unknown: 16 })
  for (const keyspace of ['rollups_hour', 'rollups_day'] satisfies Keyspace[])
    for (const [row, value] of await db.iterator(keyRange(keyspace)).all())
      await db.put(row, EARLIER[schema]!(value))
  await db.put(makeKey('meta', { text: 'schema' }), encodeValue(schema))
  if (schema === 1) await expect(all()).rejects.toThrow('version')
  else expect((await sum()).unknown).toBe(0)
  expect(await migrate(db, '/db', { log: silentLog })).toBe(NEWEST_SCHEMA)
  expect(await all()).toEqual(counted)
})
