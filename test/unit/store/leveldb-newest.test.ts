// What is read from LevelDB's files is what LevelDB itself says, whatever was written, removed and merged.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Level } from 'level'
import { expect, onTestFinished, test } from 'vitest'
import { compact, type Database, flush } from '../../../src/store/database.ts'
import { openFiles } from '../../../src/store/leveldb-newest.ts'
import { openTableIndex } from '../../../src/store/leveldb-table.ts'
import { openReader } from '../../../src/store/newest-reader.ts'
import { temporaryDirectory } from '../../support/database.ts'

/** So small a memory that tables are written all the time. */
const WRITE_BUFFER = 64 * 1024

async function smallDatabase(): Promise<Database> {
  const db: Database = new Level<Uint8Array, Uint8Array>(temporaryDirectory(), {
    ...{ keyEncoding: 'view', valueEncoding: 'view', writeBufferSize: WRITE_BUFFER },
  })
  await db.open()
  onTestFinished(() => db.close())
  return db
}

const keyOf = (n: number): Buffer => Buffer.from(`key ${String(n).padStart(5, '0')}`)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      put: fc.integer({ min: 0, max: 900 }),
      count: fc.integer({ min: 1, max: 400 }),
      length: fc.integer({ min: 0, max: 2_000 }),
      same: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      del: fc.integer({ min: 0, max: 900 }),
      count: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant('flush' as const) },
  { weight: 1, arbitrary: fc.constant('merge' as const) },
)

/** Bytes that do not come out alike, or those that compress well. */
const bytesOf = (n: number, length: number, same: boolean): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (same ? n : Math.imul(n + 1, 2654435761 + i * 40503) >>> 13)))

async function apply(
  db: Database,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
) {
  for (const [n, one] of steps.entries()) {
    if (one === 'flush') await flush(db)
    else if (one === 'merge') await compact(db, { gte: keyOf(100), lt: keyOf(700) })
    else if ('put' in one)
      await db.batch(
        Array.from({ length: one.count }, (_, i) => ({
          ...{ type: 'put' as const, key: keyOf(one.put + i) },
          value: bytesOf(n, one.length, one.same),
        })),
      )
    else
      await db.batch(
        Array.from({ length: one.count }, (_, i) => ({ type: 'del' as const, key: keyOf(one.del + 2 * i) })),
      )
  }
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const made: T[] = []
  for await (const page of pages) made.push(page)
  return made
}

const text = (key: Uint8Array, value: Uint8Array): string =>
  `${Buffer.from(key).toString('latin1')} ${Buffer.from(value).toString('base64')}`

const rowsOf = async (db: Database, range: { gte: Buffer; lt: Buffer }): Promise<string[]> =>
  (await db.iterator({ ...range, reverse: true }).all()).map(([key, value]) => text(key, value))

test('the same rows in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 14 }),
      fc.tuple(fc.integer({ min: 0, max: 1_300 }), fc.integer({ min: 0, max: 1_300 })),
      fc.integer({ min: 1, max: 200 }),
      async (steps, [a, b], size) => {
        const db = await smallDatabase()
        await apply(db, steps)
        const range = { gte: keyOf(Math.min(a, b)), lt: keyOf(Math.max(a, b)) }
        const files = await openFiles(db.location, [range])
        const pages = await all(files.pages(range, text, size))
        await files.close()
        const expected = await rowsOf(db, range)
        expect(pages.flat()).toEqual(expected)
        const reader = await openReader(db, [range])
        expect((await all(reader.newest(range, text, 3, size))).flat()).toEqual(expected)
        await reader.close()
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(size)
        expect(pages.at(-1)).not.toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

test('as of the moment it was opened, while others write and LevelDB merges', async () => {
  const db = await smallDatabase()
  const range = { gte: keyOf(0), lt: keyOf(2_000) }
  const write = (n: number) => apply(db, [{ put: 0, count: 400, length: 500 + n, same: false }])
  await write(0)
  for (let n = 1; n <= 10; n++) {
    const reader = await openReader(db, [range])
    const expected = await rowsOf(db, range)
    const writing = (async () => {
      for (let more = 0; more < 3; more++) await write(n)
      await compact(db, range)
    })()
    const rows = await all(reader.newest(range, text, 10, 50))
    await writing
    await reader.close()
    expect(rows.flat()).toEqual(expected)
  }
})

test('beside other keys that are written all the time', async () => {
  const db = await smallDatabase()
  await apply(db, [{ put: 0, count: 400, length: 200, same: false }])
  const range = { gte: keyOf(0), lt: keyOf(2_000) }
  const expected = await rowsOf(db, range)
  let done = false
  const writing = (async () => {
    for (let n = 0; !done; n++) await db.put(Buffer.from(`other ${n % 50}`), bytesOf(n, 2_000, false))
  })()
  try {
    for (let n = 0; n < 40; n++) {
      const reader = await openReader(db, [range])
      const rows = (await all(reader.newest(range, text, 10, 50))).flat()
      await reader.close()
      expect(rows).toEqual(expected)
    }
  } finally {
    done = true
    await writing
  }
})

test('a block whose checksum is wrong is found out, and what is left is read row by row', async () => {
  const db = await smallDatabase()
  await apply(db, [{ put: 0, count: 900, length: 300, same: false }, 'flush'])
  const range = { gte: keyOf(0), lt: keyOf(2_000) }
  const expected = await rowsOf(db, range)
  const table = join(db.location, readdirSync(db.location).filter((name) => name.endsWith('.ldb'))[0]!)
  const bytes = readFileSync(table)
  const [block] = await openTableIndex(
    async (from, length) => bytes.subarray(from, from + length),
    bytes.length,
  )
  // LevelDB itself does not look at it.
  bytes[block!.at + block!.size + 1]! ^= 1
  writeFileSync(table, bytes)
  const files = await openFiles(db.location, [range])
  const rows: string[] = []
  const reading = async () => {
    for await (const page of files.pages(range, text, 50)) rows.push(...page)
  }
  await expect(reading()).rejects.toThrow('checksum')
  await files.close()
  expect(rows.length).toBeGreaterThan(0)
  expect(rows).toEqual(expected.slice(0, rows.length))

  const reader = await openReader(db, [range])
  expect((await all(reader.newest(range, text, 10, 50))).flat()).toEqual(expected)
  await reader.close()
})
