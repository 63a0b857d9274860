// The store opens what it can trust, says clearly what it cannot, and is consistent after a kill -9.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { openStore, type Store } from '../../../src/store/index.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { makeKey } from '../../../src/store/level/keyspace.ts'
import { encodeValue } from '../../../src/store/level/value.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const never = new AbortController().signal

function storeIn(directory: string): Store {
  const store = openStore({ directory, clock: systemClock, log: silentLog })
  onTestFinished(() => store.stop())
  return store
}

const consent = {
  uid: 1000,
  allow_peers: [],
  allow_supervisors: [],
  deny_peers: [],
  allow_only: [],
  deny_only: [],
  off: true,
  decided_at: 1,
}

test('nothing touches the disk before start; after stop everything is there for the next', async () => {
  const directory = join(temporaryDirectory(), 'db')
  const store = storeIn(directory)
  await new Promise(setImmediate)
  expect(readdirSync(join(directory, '..'))).toEqual([])
  expect(store.health?.()[0]?.ok).toBe(false)
  await expect(store.consent.put(consent)).rejects.toThrow()

  await store.start(never)
  expect(store.health?.()[0]).toMatchObject({ name: 'store.open', ok: true })
  await store.consent.put(consent)
  expect(await store.bytes()).toBeGreaterThan(0)
  await store.stop()
  await store.stop()
  expect(store.health?.()[0]?.ok).toBe(false)

  const next = storeIn(directory)
  await next.start(never)
  expect(await next.consent.get(1000)).toEqual(consent)
})

test('a database another process has open is a conflict that says what to do', async () => {
  const directory = temporaryDirectory()
  await storeIn(directory).start(never)
  await expect(storeIn(directory).start(never)).rejects.toMatchObject({
    code: 'conflict',
    where: directory,
    hint: expect.any(String),
  })
})

test('a damaged database is told apart, and is not overwritten', async () => {
  const directory = temporaryDirectory()
  const store = storeIn(directory)
  await store.start(never)
  await store.stop()
  const manifest = join(directory, readdirSync(directory).find((name) => name.startsWith('MANIFEST'))!)
  writeFileSync(manifest, 'not a manifest')
  await expect(storeIn(directory).start(never)).rejects.toMatchObject({
    code: 'bad_file',
    hint: expect.any(String),
  })
})

test('a directory that cannot be used is bad_file', async () => {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, '')
  await expect(storeIn(path).start(never)).rejects.toMatchObject({ code: 'bad_file' })
  const taken = join(temporaryDirectory(), 'db')
  mkdirSync(join(taken, 'LOCK'), { recursive: true })
  await expect(storeIn(taken).start(never)).rejects.toMatchObject({ code: 'bad_file' })
})

test('a start that fails leaves the database closed', async () => {
  const directory = temporaryDirectory()
  const db = newDatabase(directory)
  await db.put(makeKey('meta', { text: 'schema' }), encodeValue(9_999))
  await db.close()
  await expect(storeIn(directory).start(never)).rejects.toMatchObject({ code: 'bad_file' })
  await db.open()
  await db.close()
})

test('kill -9 while batches are written: each is there as a whole or not at all, and none that was confirmed is lost', async () => {
  const directory = temporaryDirectory()
  const child = spawn(process.execPath, [fileURLToPath(new URL('./writer.ts', import.meta.url)), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let confirmed = 0
  child.stdout.setEncoding('utf8')
  let rest = ''
  for await (const text of child.stdout) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    confirmed = Number(lines.at(-1) ?? confirmed)
    if (confirmed >= 40) child.kill('SIGKILL')
  }
  await exited
  expect(confirmed).toBeGreaterThanOrEqual(40)

  const store = storeIn(directory)
  await store.start(never)
  const { decisions, sightings, strangers } = await store.members.load()
  const rounds = decisions.map(({ decided_at }) => decided_at)
  expect(Math.max(...rounds)).toBeGreaterThanOrEqual(confirmed)
  expect(rounds.length).toBe(Math.max(...rounds))
  // Every round wrote one of each, and forgot the stranger of the round before.
  expect(sightings.length).toBe(rounds.length)
  expect(strangers.map(({ last_seen }) => last_seen)).toEqual([rounds.length])
})

test('a probe goes through the disk while the store is open, leaves one key, and rejects when it is closed', async () => {
  const directory = join(temporaryDirectory(), 'db')
  const store = storeIn(directory)
  await expect(store.probe()).rejects.toThrow()
  await store.start(never)
  await store.probe()
  // Several ask at the same moment: health, metrics, the doctor, the watchdog.
  for (let round = 0; round < 50; round++) await Promise.all([store.probe(), store.probe(), store.probe()])
  await store.stop()
  await expect(store.probe()).rejects.toThrow()
  const db = newDatabase(directory)
  await db.open()
  expect(await db.keys().all()).toHaveLength(2)
  await db.close()
})
