// Migrations run once, in order, and a kill between or inside them is repaired by the next start.
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Change, Database } from '../../../src/store/level/database.ts'
import { makeKey } from '../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { type Migration, migrate } from '../../../src/store/rescue/migrations.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const key = (name: string): Buffer => makeKey('memory', { text: name })
const put = (name: string, value: unknown): Change => ({
  type: 'put',
  key: key(name),
  value: encodeValue(1, value),
})
const read = async (db: Database, name: string): Promise<unknown> => {
  const bytes = await db.get(key(name))
  return bytes === undefined ? undefined : decodeValue(1, bytes)
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
    hint: expect.any(String),
  })
  expect(await run(db, [increment(2)])).toBe(2)
})

test('data without a schema, or with one that cannot be read, is refused', async () => {
  const db = await temporaryDatabase()
  await db.batch([put('count', 0)])
  await expect(run(db, [])).rejects.toMatchObject({ code: 'bad_file' })
  for (const bad of [encodeValue(9, 1), encodeValue(1, 'one'), encodeValue(1, 0), Buffer.from([1, 0xc1])]) {
    await db.put(makeKey('meta', { text: 'schema' }), bad)
    await expect(run(db, [])).rejects.toMatchObject({ code: 'bad_file' })
  }
})

test('a list with a gap is a mistake of ours, found before anything runs', async () => {
  const db = await temporaryDatabase()
  await expect(run(db, [increment(3)])).rejects.toThrow(RangeError)
  expect(await db.keys().all()).toEqual([])
})
