// A damaged database is never opened as if it were whole; what can be read of it is saved, the rest is told, and few bytes that are wrong cost few rows.
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repairView } from '../../../src/cli/views/doctor.ts'
import type { Store } from '../../../src/store/index.ts'
import { type Database, newDatabase } from '../../../src/store/level/database.ts'
import { keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { checkDatabase, checkFiles, repairDatabase } from '../../../src/store/rescue/repair.ts'
import { decodeRollup, encodeRollup, hourKey } from '../../../src/store/rollups/rollups.ts'
import { createDatabase } from '../../../src/store/snapshot.ts'
import { damageRound, fillDatabase, openIn, someEvent } from '../../support/data/damage.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { positionAt } from '../../support/data/events.ts'
import { times } from '../../support/run/thorough.ts'

const EVENTS = 400
const TOKEN = {
  id: 'abcdef0123',
  uid: 1000,
  name: 'grafana',
  scope: 'read',
  hash: new Uint8Array(32),
  created_at: 1,
  expires_at: 2,
  last_used_at: null,
}
let parent: string
let whole: string

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'karo-test-'))
  whole = join(parent, 'db')
  await fillDatabase(whole, EVENTS)
})
afterAll(() => rm(parent, { recursive: true, force: true }))

function copied(): string {
  const directory = join(temporaryDirectory(), 'db')
  cpSync(whole, directory, { recursive: true })
  return directory
}

/** As a program does that knows nothing of what is written down about closed databases, an older Karo say. */
async function change(directory: string, how: (db: Database) => Promise<void>): Promise<void> {
  const db = newDatabase(directory)
  await db.open()
  await how(db)
  await db.close()
}

const everybodys = async ({ events }: Store): Promise<number> =>
  (await events.count(1000)) + (await events.count(1001))
const table = (directory: string): string => readdirSync(directory).find((name) => name.endsWith('.ldb'))!
const log = (directory: string): string => readdirSync(directory).find((name) => name.endsWith('.log'))!

test('a whole database is found whole, and neither check nor repair changes or leaves anything', async () => {
  const directory = copied()
  const before = readdirSync(directory)
  expect(await checkFiles(directory)).toEqual([])
  const report = await checkDatabase(directory)
  expect(report).toMatchObject({ ok: true, findings: [], unreadable_bytes: 0 })
  expect(report.keyspaces.events).toEqual({ kept: EVENTS, lost: 0, rebuilt: 0 })
  expect(report.keyspaces.audit).toEqual({ kept: 40, lost: 0, rebuilt: 0 })
  expect(await repairDatabase(directory)).toEqual(report)
  expect(readdirSync(directory)).toEqual(before)
  expect(readdirSync(dirname(directory))).toEqual([basename(directory)])
})

test('a database that another program has had open since it was closed is no damaged one', async () => {
  const directory = copied()
  const closed = readFileSync(join(directory, 'CLOSED'))
  await change(directory, (db) => db.put(makeKey('meta', { text: 'another' }), Buffer.from('program')))
  expect(readFileSync(join(directory, 'CLOSED'))).toEqual(closed)
  expect(await checkFiles(directory)).toEqual([])
  const store = await openIn(directory)
  expect(await everybodys(store)).toBe(EVENTS)
  await store.stop()
})

test.each(Array.from({ length: times(8, 20) }, (_, i) => i + 1))(
  'damage of seed %i is refused or harmless, and repaired with nothing silently gone',
  async (seed) => {
    await damageRound(whole, EVENTS, join(temporaryDirectory(), 'db'), seed)
  },
)

test('a log that a kill cut off is no damage; one that ends elsewhere than at the last stop is', async () => {
  const directory = copied()
  truncateSync(join(directory, log(directory)), 5_000)
  await expect(openIn(directory)).rejects.toMatchObject({
    code: 'bad_file',
    where: expect.stringContaining('.log'),
  })
  unlinkSync(join(directory, 'CLOSED'))
  expect(await checkFiles(directory)).toMatchObject([{ damage: false }])
  const store = await openIn(directory)
  expect(await everybodys(store)).toBeGreaterThan(0)
  await store.stop()
})

test('a log that is cut off is no damage behind which an open without room has begun a log that is empty', async () => {
  const directory = copied()
  const cut = log(directory)
  truncateSync(join(directory, cut), 5_000)
  unlinkSync(join(directory, 'CLOSED'))
  const later = join(directory, `${String(Number.parseInt(cut, 10) + 3).padStart(6, '0')}.log`)
  writeFileSync(later, '')
  expect(await checkFiles(directory)).toMatchObject([{ damage: false }])
  writeFileSync(later, 'x')
  expect(await checkFiles(directory)).toMatchObject([{ damage: false }, { damage: true }])
  writeFileSync(later, '')
  const store = await openIn(directory)
  expect(await everybodys(store)).toBeGreaterThan(0)
  await store.stop()
})

test('every file that is missing is told', async () => {
  for (const name of [table, log]) {
    const directory = copied()
    unlinkSync(join(directory, name(directory)))
    unlinkSync(join(directory, 'CLOSED'))
    await expect(openIn(directory)).rejects.toMatchObject({
      code: 'bad_file',
      message: expect.stringContaining('missing'),
    })
  }
})

test('what the daemon has open is left alone', async () => {
  const directory = copied()
  const store = await openIn(directory)
  await expect(repairDatabase(directory)).rejects.toMatchObject({
    code: 'conflict',
    hint: expect.stringContaining(String(process.pid)),
  })
  await expect(checkDatabase(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'not_found' })
  await store.stop()
})

test('counts that fell behind their events are made anew; what tells of more stays', async () => {
  const directory = copied()
  let rows: [Uint8Array, Uint8Array][] = []
  await change(directory, async (db) => {
    rows = await db.iterator(keyRange('rollups_hour', { u32: 1000 })).all()
    const [[gone], [less, before], [more, also]] = rows as [
      (typeof rows)[0],
      (typeof rows)[0],
      (typeof rows)[0],
    ]
    await db.del(gone)
    await db.put(less, encodeRollup({ ...decodeRollup(before), count: 1 }))
    await db.put(more, encodeRollup({ ...decodeRollup(also), count: 9_999 }))
  })
  const report = await repairDatabase(directory)
  expect(report.keyspaces.rollups_hour).toMatchObject({ rebuilt: 2 })
  expect(report.findings).toMatchObject([{ where: 'rollups_hour' }])
  const db = newDatabase(directory)
  await db.open()
  for (const [i, [key, value]] of rows.slice(0, 3).entries()) {
    const { count, ...rest } = decodeRollup((await db.get(key))!)
    const { count: was, ...before } = decodeRollup(value)
    expect(count).toBe(i === 2 ? 9_999 : was)
    expect(rest).toEqual(before)
  }
  await db.close()
})

test('what was counted and is gone for its age is no damage, and no repair brings it back', async () => {
  const directory = copied()
  const store = await openIn(directory)
  const later = [5_001, 10_001, 10_002].map(someEvent)
  await store.events.ingest({ events: later, position: positionAt(EVENTS + 1), dropped: 0 })
  const { day } = (await store.rollups.days(1000, 0, 99_999)).at(-2)!
  expect(await store.events.removeRollups(1000, day, new AbortController().signal)).toBeGreaterThan(0)
  const left = await store.rollups.days(1000, 0, 99_999)
  const hours = await store.rollups.hours(1000, 0, 9_999_999)
  await store.stop()
  expect(await checkDatabase(directory)).toMatchObject({ ok: true, findings: [] })
  // Damage of the kind after which everything is compared, and one hour that must not be missing.
  const gone = hours.at(-1)!.hour
  await change(directory, (db) => db.del(hourKey(1000, gone)))
  copyFileSync('/dev/null', join(directory, 'CURRENT'))
  const report = await repairDatabase(directory)
  expect(report.keyspaces.rollups_hour?.rebuilt).toBe(1)
  expect(report.keyspaces.rollups_day?.rebuilt).toBe(0)
  const again = await openIn(directory)
  expect(await again.rollups.days(1000, 0, 99_999)).toEqual(left)
  expect((await again.rollups.hours(1000, 0, 9_999_999)).map(({ hour }) => hour)).toEqual(
    hours.map(({ hour }) => hour),
  )
  await again.stop()
})

test('rows that cannot be understood are counted, by keyspace, and left out; the ledger keeps what is evidence', async () => {
  const directory = copied()
  await change(directory, async (db) => {
    await db.put(makeKey('events', { u32: 1000 }), Buffer.from('x'))
    await db.put(makeKey('consent', { u32: 7 }), Buffer.from([1, 0xc1]))
    const ran = makeKey('processes', { u32: 1000 }, { bytes: Uint8Array.of(1) }, { u64: 5 }, { u32: 7 })
    await db.put(ran, Buffer.from([1, 0xc1]))
    await db.put(Buffer.from([250, 1]), Buffer.from('x'))
    await db.del(makeKey('audit', { bytes: Uint8Array.of(1) }, { u64: 5 }))
    await db.put(makeKey('audit', { bytes: Uint8Array.of(1) }, { u64: 9 }), Buffer.from([1, 0]))
  })
  const told: string[] = []
  const report = await repairDatabase(directory, {
    async ledger(repository) {
      for await (const { seq, row } of repository.forwards()) if (row === undefined) told.push(`${seq}`)
      return 'its chain breaks at entry 5'
    },
  })
  expect(report.keyspaces.events).toMatchObject({ kept: EVENTS, lost: 1 })
  expect(report.keyspaces.consent).toMatchObject({ lost: 1 })
  expect(report.keyspaces.processes).toMatchObject({ lost: 1 })
  expect(report.keyspaces.audit).toMatchObject({ kept: 39, lost: 2 })
  expect(told).toEqual(['9'])
  expect(report.findings.map(({ where }) => where)).toEqual([
    'events',
    'consent',
    'processes',
    'meta',
    'consent',
    'members',
    'audit',
    'audit',
    'audit',
  ])
})

test('after a loss nobody is given anything, because the last word may be lost', async () => {
  const directory = copied()
  truncateSync(join(directory, log(directory)), 40_000)
  const report = await repairDatabase(directory)
  expect(report.findings.some(({ where }) => where === 'consent')).toBe(true)
  const store = await openIn(directory)
  expect((await store.consent.get(1000))?.off).toBe(true)
  expect((await store.consent.get(1001))?.off).toBe(true)
  // Of whom nothing is left, not even a count.
  expect(await store.consent.get(4711)).toMatchObject({ uid: 4711, off: true, allow_peers: [] })
  expect(await store.tokens.all()).toEqual([])
  // Whoever decides anew is asked no more.
  await store.consent.put({ ...(await store.consent.get(4711))!, off: false })
  expect((await store.consent.get(4711))?.off).toBe(false)
  expect((await store.consent.get(4712))?.off).toBe(true)
  await store.stop()
})

test.each([
  ['consent', makeKey('consent', { u32: 1001 })],
  ['members', makeKey('members', { u32: 1 })],
  ['api_tokens', makeKey('api_tokens', { text: '0123456789' })],
] as const)('a row of %s that cannot be understood may have been a last word too', async (keyspace, key) => {
  const directory = copied()
  const before = await openIn(directory)
  await before.tokens.write({ put: [TOKEN] })
  await before.stop()
  await change(directory, (db) => db.put(key, Buffer.from([1, 5])))
  const report = await repairDatabase(directory)
  expect(report.keyspaces[keyspace]).toMatchObject({ lost: 1 })
  const store = await openIn(directory)
  for (const uid of [1000, 1001, 4711]) expect((await store.consent.get(uid))?.off).toBe(true)
  expect(await store.tokens.all()).toEqual([])
  await store.stop()
})

test('when it is lost how far the spool was read, what is read again is not counted twice', async () => {
  const directory = copied()
  await change(directory, (db) => db.clear(keyRange('spool_offsets')))
  // Something else that is lost, far from the events.
  const file = join(directory, readdirSync(directory).findLast((name) => name.endsWith('.log'))!)
  appendFileSync(file, Buffer.alloc(40_000, 7))
  expect((await repairDatabase(directory)).ok).toBe(false)
  const store = await openIn(directory)
  const again = Array.from({ length: EVENTS + 1 }, (_, n) => someEvent(n))
  await store.events.ingest({ events: again, position: positionAt(1), dropped: 0 })
  expect(await everybodys(store)).toBe(EVENTS + 1)
  const days = await store.rollups.days(1000, 0, 99_999)
  const own = again.filter(({ uid }) => uid === 1000)
  expect(days.reduce((sum, { rollup }) => sum + rollup.count, 0)).toBe(own.length)
  await store.stop()
})

test('a repair that was killed before its last step is finished by the next start', async () => {
  const directory = copied()
  copyFileSync('/dev/null', join(directory, 'CURRENT'))
  const { copy } = await repairDatabase(directory)
  for (const placed of [true, false]) {
    // The two states a kill between the renames leaves.
    await rename(directory, `${directory}.repaired`)
    if (placed) await rename(copy!, directory)
    const store = await openIn(directory)
    expect(await everybodys(store)).toBe(EVENTS)
    await store.stop()
    if (placed) expect(existsSync(copy!)).toBe(true)
  }
})

const DONE = { dry: false, service: false }
const SCREEN = { colour: false, columns: 200 }

function overwrite(path: string, at: number, length = 8): void {
  const bytes = readFileSync(path)
  for (let i = at; i < at + length; i++) bytes[i] = bytes[i]! ^ 0x55
  writeFileSync(path, bytes)
}

const filesOf = (directory: string, kind: RegExp) => readdirSync(directory).filter((name) => kind.test(name))

async function restored(): Promise<string> {
  const directory = join(temporaryDirectory(), 'db')
  const store = await openIn(copied())
  await createDatabase(directory, store.snapshot(), async () => {})
  await store.stop()
  return directory
}

test('a restored database lies in tables: eight bytes that are wrong cost a block of it', async () => {
  const directory = await restored()
  for (const name of filesOf(directory, /\.log$/)) expect(statSync(join(directory, name)).size).toBe(0)
  const [table, ...more] = filesOf(directory, /\.ldb$/)
  expect(more).toEqual([])
  overwrite(join(directory, table!), Math.floor(statSync(join(directory, table!)).size / 2))
  const { loss, keyspaces } = await repairDatabase(directory)
  expect(loss).toBe('unknown')
  expect(keyspaces.events!.kept + keyspaces.audit!.kept).toBeGreaterThan(EVENTS / 2)
})

test('what was restored or repaired and is cut off later is found to be', async () => {
  const directory = copied()
  copyFileSync('/dev/null', join(directory, 'CURRENT'))
  await repairDatabase(directory)
  for (const made of [directory, await restored()]) {
    const table = filesOf(made, /\.ldb$/)[0]!
    const bytes = readFileSync(join(made, table))
    expect(await checkFiles(made)).toEqual([])
    writeFileSync(join(made, table), bytes.subarray(0, bytes.length - 1))
    expect((await checkFiles(made)).some(({ where, damage }) => where === table && damage)).toBe(true)
  }
})

/** All rows in one batch of one block. */
async function oneLog(): Promise<string> {
  const directory = join(temporaryDirectory(), 'db')
  const db = newDatabase(directory)
  await db.open()
  const key = (i: number) => makeKey('documents', { bytes: Uint8Array.of(9) }, { u32: i })
  await db.batch(
    Array.from({ length: 40 }, (_, i) => ({ type: 'put', key: key(i), value: Buffer.alloc(400) })),
  )
  await db.close()
  return directory
}

test('when all is in what cannot be read the report says so, and what else there may be', async () => {
  const directory = await oneLog()
  overwrite(join(directory, filesOf(directory, /\.log$/)[0]!), 9_000)
  const looked = await checkDatabase(directory)
  expect(looked).toMatchObject({ ok: false, loss: 'unknown' })
  expect(looked.unreadable_bytes).toBe(looked.row_bytes)
  const ofService = repairView(looked, { dry: true, service: true }, SCREEN)
  expect(ofService).toContain('sudo karo restore <file> --service --replace')
  expect(ofService).toContain('sudo karo doctor --repair')
  const before = repairView(looked, { dry: true, service: false }, SCREEN)
  expect(before).toContain('Lost: unknown, probably nearly everything.')
  expect(before.indexOf('karo restore <file> --replace')).toBeLessThan(before.indexOf('karo doctor --repair'))
  expect(before).toContain('karo restore <file> --replace')
  const after = repairView(await repairDatabase(directory), DONE, SCREEN)
  expect(after).toContain('Lost: unknown, probably nearly everything.')
  expect(after).toContain('karo restore <file> --replace')
  expect(after).not.toContain('Repaired')
  expect(after).toContain(`${directory}.damaged-`)
})

test('a file that is gone counts for what it held; lists of files cost nothing, and no consent', async () => {
  const directory = copied()
  const table = filesOf(directory, /\.ldb$/)[0]!
  const { size } = statSync(join(directory, table))
  unlinkSync(join(directory, table))
  const report = await repairDatabase(directory)
  expect(report).toMatchObject({ loss: 'unknown', unreadable_bytes: size })
  expect(report.row_bytes).toBeGreaterThan(size)

  const manifest = filesOf(whole, /^MANIFEST-/)[0]!
  // Behind its first entry, which names no table: nothing of what is left of it is damaged.
  const between = 7 + readFileSync(join(whole, manifest)).readUInt16LE(4)
  for (const [list, bytes] of [
    ['CURRENT', 0],
    [manifest, between],
  ] as const) {
    const listless = copied()
    truncateSync(join(listless, list), bytes)
    const harmless = await repairDatabase(listless)
    expect(harmless).toMatchObject({ loss: 'none', unreadable_bytes: 0 })
    expect(harmless.keyspaces.events).toEqual({ kept: EVENTS, lost: 0, rebuilt: 0 })
    expect(repairView(harmless, DONE, SCREEN)).toContain('Repaired: nothing is lost.')
    const store = await openIn(listless)
    expect((await store.consent.get(1000))?.off).toBe(false)
    await store.stop()
  }
})

test('rows that are left out are a loss that can be counted', async () => {
  const directory = copied()
  const db = newDatabase(directory)
  await db.open()
  await db.put(makeKey('consent', { u32: 7 }), Buffer.from([1, 0xc1]))
  await db.close()
  unlinkSync(join(directory, 'CLOSED'))
  const report = await repairDatabase(directory)
  expect(report).toMatchObject({ ok: false, loss: 'counted', keyspaces: { consent: { lost: 1 } } })
  expect(repairView(report, DONE, SCREEN)).not.toContain('Repaired')
})
