// What one person's shells may take of the follower: files, bytes, holes, and names without number; and a store that fails meanwhile.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createDigest } from '../../../src/observe/record/digest.ts'
import { createFollower } from '../../../src/observe/record/follower.ts'
import { createShares, type Shares } from '../../../src/observe/record/shares.ts'
import { createLister } from '../../../src/observe/record/spool-directory.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'
import { append, deadName, liveName, records } from '../../support/data/spool.ts'

const uid = process.getuid!()
const MIB = 1024 * 1024

async function following(shares?: Shares) {
  const directory = join(temporaryDirectory(), 'spool')
  mkdirSync(directory)
  const events = createEventRepository(await temporaryDatabase())
  const digest = createDigest({ ignore: [], redact: [] })
  let pieces = 0
  /** Which of the batches fails, counted from 1. */
  let failing = 0
  const again = new Set<string>()
  const follower = createFollower({
    personOf: async (uid) => uid,
    directory,
    events: {
      ...events,
      ingest: async (batch) => {
        if (--failing === 0) throw new Error('the disk is full')
        await events.ingest(batch)
      },
    },
    digest: () => digest,
    clock: systemClock,
    log: silentLog,
    ...(shares !== undefined && { shares }),
    stored: () => {},
    more: (name) => again.add(name),
    faults: { hit: (point) => void (point === 'after-read' && pieces++) },
    stopping: () => false,
  })
  const fail = (batch: number) => {
    failing = batch
  }
  return { directory, events, follower, pieces: () => pieces, again, fail }
}

test('where the store fails, what it was given is read again, and what was read meanwhile; each command is stored once', async () => {
  const w = await following()
  const name = liveName()
  const commands = Array.from({ length: 9_000 }, (_, i) => `echo ${i} ${'x'.repeat(60)}`)
  append(w.directory, name, records(commands, 1))
  for (const batch of [1, 2, 3]) {
    w.fail(batch)
    await w.follower.read([name])
    expect(w.follower.failures()).toBe(batch)
    expect(w.follower.pendingBytes()).toBeGreaterThan(0)
  }
  w.again.add(name)
  while (w.again.delete(name)) await w.follower.read([name])
  expect(w.pieces()).toBeGreaterThan(6)
  expect(w.follower.pendingBytes()).toBe(0)
  expect(await w.events.count(uid)).toBe(9_000)
  expect(await w.events.dropped()).toBe(0)
})

/** Files of a person, each of another process that lives. */
function filesOf(directory: string, owner: number, many: number) {
  return Array.from({ length: many }, (_, i) => {
    const child = spawn('sleep', ['3600'])
    onTestFinished(() => void child.kill())
    const name = `${owner}-${child.pid}-${Date.now() * 1000 + 1_000_000}.spool`
    append(directory, name, records([`of ${owner}, ${i}`], 1, { session: name }))
    chownSync(join(directory, name), owner, owner)
    return { name, child }
  })
}

const ended = (child: ReturnType<typeof spawn>) =>
  new Promise((done) => {
    child.once('exit', done)
    child.kill('SIGKILL')
  })

test.runIf(uid === 0)("one person's many shells keep nobody else's from being read", async () => {
  const w = await following(createShares(6, 4))
  const many = filesOf(w.directory, 65_533, 7)
  await w.follower.sweep()
  expect(await w.events.count(65_533)).toBe(4)
  expect(w.follower.unfollowed()).toEqual([{ uid: 65_533, files: 3 }])
  filesOf(w.directory, 65_532, 4)
  const [own] = filesOf(w.directory, 12_345, 2)
  await w.follower.read([own!.name])
  expect(await w.events.count(12_345)).toBe(1)
  await w.follower.sweep()
  // There is room for six: those with most make room, one after the other, for those with less.
  expect(await w.events.count(12_345)).toBe(2)
  expect(await w.events.count(65_532)).toBeGreaterThanOrEqual(1)
  const waiting = w.follower.unfollowed()
  expect(waiting.map(({ uid: whose }) => whose).sort()).toEqual([65_532, 65_533])
  // What made room is read on where it was left, and nothing twice.
  for (const { child } of many) await ended(child)
  for (let i = 0; i < 20; i++) await w.follower.sweep()
  expect(await w.events.count(65_533)).toBe(7)
  expect(await w.events.count(65_532)).toBe(4)
  expect(w.follower.unfollowed()).toEqual([])
  expect(await w.events.dropped()).toBe(0)
  expect(readdirSync(w.directory).filter((name) => name.startsWith('65533-'))).toEqual([])
})

test('files that had to make room are followed again when others have gone', () => {
  const shares = createShares(4, 3)
  const dropped: string[] = []
  const drop = (name: string): boolean => {
    shares.remove(name)
    dropped.push(name)
    return true
  }
  const admit = (name: string, owner: number): boolean => {
    const admitted = shares.admit(owner, drop)
    if (admitted) shares.add(name, owner)
    return admitted
  }
  expect(['a1', 'a2', 'a3', 'a4'].map((name) => admit(name, 1))).toEqual([true, true, true, false])
  expect(admit('b1', 2)).toBe(true)
  expect(admit('b2', 2)).toBe(true)
  expect(dropped).toEqual(['a3'])
  // Now both have two, and neither makes room for the other.
  expect([admit('a3', 1), admit('b3', 2)]).toEqual([false, false])
  shares.remove('b2')
  expect(admit('a3', 1)).toBe(true)
  expect(dropped).toEqual(['a3'])
})

test('a person has so much read in a turn, and so much in a second, whatever it is', () => {
  const shares = createShares()
  shares.begin(0)
  shares.spend(1, 4 * MIB)
  expect([shares.isSpent(1), shares.isThrottled(1), shares.isSpent(2)]).toEqual([true, false, false])
  for (let i = 0; i < 1024; i++) shares.spend(2, 0)
  expect(shares.isSpent(2)).toBe(true)
  shares.begin(0)
  expect(shares.isSpent(1)).toBe(false)
  shares.spend(1, 60 * MIB)
  shares.begin(0)
  expect([shares.isSpent(1), shares.isThrottled(1), shares.isThrottled(2)]).toEqual([true, true, false])
  shares.begin(1_000)
  expect(shares.isThrottled(1)).toBe(false)
})

test('a hole that costs nothing to make is not read, and goes with its shell', async () => {
  const w = await following()
  const [live, dead, begun] = [liveName(), deadName(1), deadName(2)]
  for (const name of [live, dead, begun])
    append(w.directory, name, name === begun ? records(['a']) : Buffer.alloc(0))
  for (const name of [live, dead, begun]) truncateSync(join(w.directory, name), 1024 * MIB)
  append(w.directory, deadName(3), records(['b'], 1, { session: 'other' }))
  for (let i = 0; i < 3; i++) await w.follower.sweep()
  expect(w.pieces()).toBeLessThan(10)
  expect(await w.events.count(uid)).toBe(2)
  expect(readdirSync(w.directory)).toEqual([live])
  expect(w.follower.pendingBytes()).toBe(0)
  // A file that is written anew is read again.
  truncateSync(join(w.directory, live), 0)
  append(w.directory, live, records(['c'], 1, { session: 'new' }))
  await w.follower.sweep()
  expect(await w.events.count(uid)).toBe(3)
})

test('a file that became unreadable after it was read goes with its shell', async () => {
  const w = await following()
  append(w.directory, deadName(), records(['a']))
  await w.follower.read([deadName()])
  truncateSync(join(w.directory, deadName()), 2048 * MIB)
  await w.follower.sweep()
  expect(existsSync(join(w.directory, deadName()))).toBe(false)
  expect(await w.events.count(uid)).toBe(1)
})

test('a directory with more names than are looked at in one go is looked at in parts', () => {
  const directory = temporaryDirectory()
  const names = Array.from({ length: 10 }, (_, i) => deadName(i))
  for (const name of names) writeFileSync(join(directory, name), '')
  const lister = createLister(directory, 4)
  const parts = Array.from({ length: 3 }, () => lister.next()!)
  expect(parts.map(({ whole }) => whole)).toEqual([false, false, false])
  expect(parts.flatMap(({ files }) => files.map(({ name }) => name)).sort()).toEqual(names.sort())
  expect(createLister(directory, 11).next()).toMatchObject({ whole: true })
  lister.close()
})
