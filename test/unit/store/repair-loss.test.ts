// What a repair could not save is never told as nothing, and few bytes that are wrong cost few rows.
import { copyFileSync, cpSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repairView } from '../../../src/cli/views/doctor.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { makeKey } from '../../../src/store/level/keyspace.ts'
import { checkDatabase, checkFiles, repairDatabase } from '../../../src/store/rescue/repair.ts'
import { createDatabase } from '../../../src/store/snapshot.ts'
import { fillDatabase, openIn } from '../../support/data/damage.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const EVENTS = 200
const DONE = { dry: false, service: false }
const SCREEN = { colour: false, columns: 200 }
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

  const listless = copied()
  copyFileSync('/dev/null', join(listless, 'CURRENT'))
  const harmless = await repairDatabase(listless)
  expect(harmless).toMatchObject({ loss: 'none', unreadable_bytes: 0 })
  expect(harmless.keyspaces.events).toEqual({ kept: EVENTS, lost: 0, rebuilt: 0 })
  expect(repairView(harmless, DONE, SCREEN)).toContain('Repaired: nothing is lost.')
  const store = await openIn(listless)
  expect((await store.consent.get(1000))?.off).toBe(false)
  await store.stop()
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
