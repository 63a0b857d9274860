// The follower against a real directory and a real database: every record once, whatever happens to the files.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Clock, systemClock, systemTimers } from '../../../src/base/clock.ts'
import { revealLevel0 } from '../../../src/base/level0/level0.ts'
import { type Faults, noFaults } from '../../../src/base/run/faults.ts'
import { type Log, silentLog } from '../../../src/base/run/log.ts'
import { createObserve, type PersonOf } from '../../../src/observe/record/index.ts'
import { createEventRepository, type EventRepository } from '../../../src/store/events/events.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'
import { append, deadName, liveName, note, record, records, T0 } from '../../support/data/spool.ts'
import { COMPILED } from '../../support/run/compiled.ts'
import { until } from '../../support/run/until.ts'

const never = new AbortController().signal
const uid = process.getuid!()

interface World {
  readonly directory: string
  readonly events: EventRepository
  commands(): Promise<string[]>
}

async function world(): Promise<World> {
  const directory = join(temporaryDirectory(), 'spool')
  execFileSync('mkdir', [directory])
  const events = createEventRepository(await temporaryDatabase())
  return {
    directory,
    events,
    async commands() {
      const found = await events.search(uid, { words: [], limit: 10_000 })
      return found.events.map(({ command }) => revealLevel0(command)).reverse()
    },
  }
}

async function observing(
  w: World,
  more: {
    faults?: Faults
    events?: EventRepository
    ignore?: string[]
    log?: Log
    clock?: Clock
    personOf?: PersonOf
  } = {},
) {
  const observe = createObserve({
    config: { history: { ignore: more.ignore ?? [], redact: [] } },
    events: more.events ?? w.events,
    spoolDirectory: w.directory,
    clock: more.clock ?? systemClock,
    timers: systemTimers,
    log: more.log ?? silentLog,
    faults: more.faults ?? noFaults,
    personOf: more.personOf ?? (async (of) => of),
    sweepMs: 20,
  })
  await observe.start(never)
  onTestFinished(() => observe.stop())
  return observe
}

const count = (w: World, n: number, of = uid) =>
  until(async () => (await w.events.count(of)) === n, { what: `${n} events are stored` })

/** Records that take three looks of 256 KiB. */
const backlog = (length: number): Buffer =>
  records(Array.from({ length }, (_, i) => `echo ${i} ${'x'.repeat(500 + (i % 200))}`))

test('what was typed while nobody looked is read, then what is typed from now on, in order', async () => {
  const w = await world()
  const name = liveName()
  append(w.directory, name, records(['one', 'two']))
  const observe = await observing(w)
  await count(w, 2)
  append(w.directory, name, records(['three'], 3))
  await count(w, 3)
  expect(await w.commands()).toEqual(['one', 'two', 'three'])
  await expect.poll(() => observe.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})

test('a record in pieces is one record; until it ends its bytes are pending', async () => {
  const w = await world()
  const observe = await observing(w)
  const name = liveName()
  const bytes = record({ command: 'whole' })
  append(w.directory, name, bytes.subarray(0, 20))
  await until(async () => (await observe.status()).pending_bytes === 20, { what: 'the first piece is seen' })
  append(w.directory, name, bytes.subarray(20))
  await count(w, 1)
  expect(await w.commands()).toEqual(['whole'])
  await expect.poll(async () => (await observe.status()).pending_bytes).toBe(0)
})

test('a restart at any point repeats and loses nothing', async () => {
  const w = await world()
  const name = liveName()
  const commands = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const bytes = records(commands)
  for (let at = 0; at < bytes.length; at += 97) {
    append(w.directory, name, bytes.subarray(at, at + 97))
    const observe = await observing(w)
    await until(async () => (await observe.status()).pending_bytes < 200, { what: 'it has read' })
    await observe.stop()
  }
  await observing(w)
  await count(w, 40)
  expect(await w.commands()).toEqual(commands)
})

test('a batch that fails is read again, once', async () => {
  const w = await world()
  let failures = 3
  const flaky: EventRepository = {
    ...w.events,
    ingest: (batch) => (failures-- > 0 ? Promise.reject(new Error('disk full')) : w.events.ingest(batch)),
  }
  append(w.directory, liveName(), records(['a', 'b', 'c']))
  await observing(w, { events: flaky })
  await count(w, 3)
  expect(await w.commands()).toEqual(['a', 'b', 'c'])
})

test('spool files that wait are told of once, whoever else’s are idle', async () => {
  const w = await world()
  let tried = 0
  const full: EventRepository = {
    ...w.events,
    ingest(batch) {
      if (batch.position.name !== waiting) return w.events.ingest(batch)
      tried++
      return Promise.reject(new Error('disk full'))
    },
  }
  const waiting = liveName()
  const idle = waiting.replace(`-${process.pid}-`, `-${process.ppid}-`)
  append(w.directory, idle, records(['idle']))
  let told = 0
  const log: Log = { ...silentLog, error: () => void told++, child: () => log }
  await observing(w, { events: full, log })
  await count(w, 1)
  append(w.directory, waiting, records(['waits']))
  await until(async () => tried >= 5, { what: 'it is tried again and again' })
  expect(told).toBe(1)
})

test('a shell that says it is paused is, also after a restart, until its next record; it is no event and no loss', async () => {
  const w = await world()
  // A name of this process's number: a shell that is there.
  const name = liveName()
  const paused = Buffer.from(record({ command: 'x', sequence: 2 }).toString().replace('-\t x\n', '!paused'))
  append(w.directory, name, Buffer.concat([records(['one']), paused]))
  const first = await observing(w)
  const says = (observe: typeof first, wanted: boolean) =>
    until(() => observe.shells().some((shell) => shell.paused === wanted), { what: `paused: ${wanted}` })
  await says(first, true)
  await first.blank(uid)
  await first.stop()
  const second = await observing(w)
  await says(second, true)
  // What the guard does meanwhile is no command.
  const note = record({ command: 'x', sequence: 3 }).toString().replace('-\t x\n', '!declined high')
  append(w.directory, name, Buffer.from(note))
  await second.catchUp()
  await says(second, true)
  append(w.directory, name, records(['two'], 4))
  await says(second, false)
  expect(await w.commands()).toEqual(['one', 'two'])
  expect(await second.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})

test('a command that the guard asked about says that its person let it run; no other one does', async () => {
  const w = await world()
  const room = await observing(w)
  const name = liveName()
  const risky = 'git push --force'
  const write = (bytes: Buffer): void => append(w.directory, name, bytes)
  write(note('confirmed high', { sequence: 1, start: T0 }))
  // A long line is stored in a batch after the one of its note.
  await room.catchUp()
  write(record({ command: risky, sequence: 2, start: T0 + 30_000_000 }))
  write(record({ command: risky, sequence: 3, start: T0 + 31_000_000 }))
  write(note('declined high', { sequence: 4, start: T0 + 40_000_000 }))
  write(record({ command: risky, sequence: 5, start: T0 + 40_500_000 }))
  // What it asked about was private here, and left no record.
  write(note('confirmed high', { sequence: 6, start: T0 + 50_000_000 }))
  write(record({ command: 'ls', sequence: 7, start: T0 + 60_000_000 }))
  // By rules of a person, the guard may ask about what is safe otherwise.
  write(note('confirmed safe', { sequence: 8, start: T0 + 70_000_000 }))
  write(record({ command: 'make deploy', sequence: 9, start: T0 + 70_100_000 }))
  write(note('confirmed high', { sequence: 10, start: T0 + 80_000_000 }))
  write(note('active safe', { sequence: 11, start: T0 + 80_100_000 }))
  write(record({ command: risky, sequence: 12, start: T0 + 80_200_000 }))
  await room.catchUp()
  const found = await w.events.search(uid, { words: [], limit: 10 })
  expect(found.events.map(({ confirmed }) => confirmed).reverse()).toEqual([
    ...[true, undefined, undefined, undefined, true, undefined],
  ])
})

test('a backlog larger than one look is read to its end', async () => {
  const w = await world()
  append(w.directory, liveName(), backlog(1_000))
  const observe = await observing(w)
  await count(w, 1_000)
  await expect.poll(async () => (await observe.status()).pending_bytes).toBe(0)
})

test('files of shells that are gone go when they are read; those of living ones stay', async () => {
  const w = await world()
  append(w.directory, liveName(), records(['alive']))
  append(w.directory, deadName(), records(['dead'], 1, { session: 'd' }))
  append(w.directory, deadName().replace('.spool', '.text'), Buffer.from('secret'))
  await observing(w)
  await until(() => readdirSync(w.directory).length === 1, { what: 'the dead shell’s files are gone' })
  expect(readdirSync(w.directory)).toEqual([expect.stringContaining(`-${process.pid}-`)])
  expect((await w.commands()).sort()).toEqual(['alive', 'dead'])
  await until(async () => (await w.events.positions()).length === 1, { what: 'its position is forgotten' })
})

test('a file goes only after everything read of it is on the disk', async () => {
  const w = await world()
  const name = deadName()
  const path = join(w.directory, name)
  const bytes = records(['a', 'b'])
  const settled: unknown[] = []
  let failures = 3
  const watched: EventRepository = {
    ...w.events,
    async settle(position) {
      if (failures-- > 0) throw new Error('disk full')
      settled.push([position.offset, existsSync(path), await w.events.count(uid)])
      await w.events.settle(position)
    },
  }
  append(w.directory, name, bytes)
  await observing(w, { events: watched })
  await until(() => !existsSync(path), { what: 'the file is gone' })
  expect(settled).toEqual([[bytes.length, true, 2]])
  expect(await w.commands()).toEqual(['a', 'b'])
})

test('what is nobody’s is not stored, and goes with its shell; what is somebody’s says when it was begun', async () => {
  const w = await world()
  const [gone, open] = [deadName(), liveName()]
  append(w.directory, gone, records(['one']))
  append(w.directory, open, records(['two']))
  // The kernel's time of a file is that of its last tick, which may be ten milliseconds behind the clock.
  const born = new Set([gone, open].map((name) => Math.floor(statSync(join(w.directory, name)).birthtimeMs)))
  const begun = new Set<number>()
  const observe = await observing(w, {
    async personOf(_, when) {
      begun.add(when)
      return 'nobody'
    },
  })
  await until(() => !existsSync(join(w.directory, gone)), {
    what: 'the file of the shell that is gone is gone',
  })
  await observe.catchUp()
  expect([await w.commands(), existsSync(join(w.directory, open)), observe.shells()]).toEqual([[], true, []])
  expect(begun).toEqual(born)
})

test('the first session of a shell that was replaced by exec is over', async () => {
  const w = await world()
  const [old, current] = [liveName(Date.now() * 1000 - 5), liveName(Date.now() * 1000)]
  append(w.directory, old, records(['old'], 1, { session: 'a' }))
  append(w.directory, current, records(['new'], 1, { session: 'b' }))
  await observing(w)
  await until(() => !existsSync(join(w.directory, old)), { what: 'the old file is gone' })
  expect(existsSync(join(w.directory, current))).toBe(true)
  expect((await w.commands()).sort()).toEqual(['new', 'old'])
})

test('a process that has the number of a shell but began later is not that shell', async () => {
  const w = await world()
  const name = `${uid}-${process.pid}-${T0 - 10 ** 15}.spool`
  append(w.directory, name, records(['long ago']))
  await observing(w)
  await until(() => !existsSync(join(w.directory, name)), { what: 'the file is gone' })
  expect(await w.commands()).toEqual(['long ago'])
})

test('what a shell could not finish, or counted without writing, is told as dropped, once', async () => {
  const w = await world()
  const half = record({ command: 'half', sequence: 9 })
  append(
    w.directory,
    deadName(),
    Buffer.concat([
      // 2 and 3 are missing; 5 was begun and cut off by a full disk; 9 was the last.
      records(['one']),
      records(['four'], 4),
      record({ command: 'five', sequence: 5 }).subarray(0, 60),
      records(['six'], 6),
      half.subarray(0, half.length - 10),
    ]),
  )
  const observe = await observing(w)
  await until(() => readdirSync(w.directory).length === 0, { what: 'it is done with' })
  expect(await w.commands()).toEqual(['one', 'four', 'six'])
  await expect.poll(() => observe.status()).toEqual({ pending_bytes: 0, dropped: 4 })
})

test('ignored and private lines leave no event and are not dropped', async () => {
  const w = await world()
  append(w.directory, deadName(), records(['pass show bank', ' secret', 'ls']))
  const observe = await observing(w, { ignore: ['pass *'] })
  await until(() => readdirSync(w.directory).length === 0, { what: 'it is done with' })
  expect(await w.commands()).toEqual(['ls'])
  expect((await observe.status()).dropped).toBe(0)
})

test('what leaves no event leaves no text in the file either, and is no loss', async () => {
  const w = await world()
  const name = liveName()
  const path = join(w.directory, name)
  const lines = ['karo history delete secret', 'one', 'pass secret', 'karo  history delete secret', 'two']
  append(w.directory, name, records(lines))
  const size = readFileSync(path).length
  const observe = await observing(w, { ignore: ['pass *'] })
  await until(() => !readFileSync(path).includes('secret'), { what: 'nothing of it is there' })
  expect(readFileSync(path).length).toBe(size)
  expect(readFileSync(path, 'utf8')).toMatch(/one[\s\S]*two/)
  append(w.directory, name, records(['pass secret', 'three'], 6))
  await count(w, 3)
  await until(() => !readFileSync(path).includes('secret'), { what: 'nothing of the next is there' })
  await observe.stop()
  const again = await observing(w)
  append(w.directory, name, records(['four'], 8))
  await count(w, 4)
  expect(await w.commands()).toEqual(['one', 'two', 'three', 'four'])
  await expect.poll(() => again.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})

test('a file that was deleted, replaced or emptied by somebody is read from its start', async () => {
  const w = await world()
  const name = liveName()
  const path = join(w.directory, name)
  await observing(w)
  append(w.directory, name, records(['a']))
  await count(w, 1)
  writeFileSync(`${path}.new`, records(['b', 'bb', 'bbb'], 2))
  renameSync(`${path}.new`, path)
  await count(w, 4)
  // The inode stays, or may be used again: what is shorter than what was read is new.
  truncateSync(path)
  append(w.directory, name, records(['c', 'cc'], 5))
  await count(w, 6)
  rmSync(path)
  append(w.directory, name, records(['d'], 7))
  await count(w, 7)
  expect(await w.commands()).toEqual(['a', 'b', 'bb', 'bbb', 'c', 'cc', 'd'])
})

test('only regular files that hooks name are opened: no links, no FIFOs, no strangers', async () => {
  const w = await world()
  const elsewhere = join(temporaryDirectory(), 'elsewhere')
  writeFileSync(elsewhere, records(['through a link']))
  symlinkSync(elsewhere, join(w.directory, deadName(1)))
  execFileSync('mkfifo', [join(w.directory, deadName(2))])
  const shared = join(temporaryDirectory(), 'shared')
  writeFileSync(shared, records(['somebody else may have written this']))
  linkSync(shared, join(w.directory, deadName(4)))
  append(w.directory, deadName(5), records(['so may everybody']))
  chmodSync(join(w.directory, deadName(5)), 0o622)
  append(w.directory, 'notes.txt', records(['a stranger']))
  append(w.directory, '../escape.spool', records(['outside']))
  append(w.directory, deadName(3), records(['good']))
  await observing(w)
  await until(() => readdirSync(w.directory).length === 1, { what: 'what can never be read is gone' })
  expect(readdirSync(w.directory)).toEqual(['notes.txt'])
  expect(await w.commands()).toEqual(['good'])
  expect(existsSync(elsewhere)).toBe(true)
})

test.runIf(uid === 0)(
  'events belong to the owner of the file, whatever its name and records say',
  async () => {
    const w = await world()
    const name = deadName()
    append(w.directory, name, records(['mine']))
    execFileSync('chown', ['12345', join(w.directory, name)])
    await observing(w)
    await count(w, 1, 12345)
    expect(await w.commands()).toEqual([])
    expect((await w.events.search(12345, { words: [], limit: 9 })).total).toBe(1)
  },
)

test.runIf(uid === 0)('a file in the name of somebody’s shell does not end theirs', async () => {
  const w = await world()
  const [mine, forged] = [liveName(Date.now() * 1000), liveName(Date.now() * 1000 + 5_000_000)]
  append(w.directory, mine, records(['mine']))
  writeFileSync(join(w.directory, `.${forged}`), records(['of somebody else']), { mode: 0o600 })
  execFileSync('chown', ['12345', join(w.directory, `.${forged}`)])
  renameSync(join(w.directory, `.${forged}`), join(w.directory, forged))
  await observing(w)
  await count(w, 1)
  await count(w, 1, 12345)
  const later = deadName(7)
  append(w.directory, later, records(['a sweep later']))
  await until(() => !existsSync(join(w.directory, later)), { what: 'a sweep has ended files' })
  expect(existsSync(join(w.directory, mine))).toBe(true)
})

test('a file that cannot be removed is read once, not again at every sweep', async () => {
  const w = await world()
  const away = `${w.directory}.away`
  append(w.directory, deadName(), records(['once']))
  let tries = 0
  let batches = 0
  const events: EventRepository = {
    ...w.events,
    ingest(batch) {
      batches++
      return w.events.ingest(batch)
    },
  }
  await observing(w, {
    events,
    faults: {
      // A parent that is no directory makes unlink(2) fail, for root too.
      hit(point) {
        if (point === 'before-unlink' && ++tries <= 3) {
          renameSync(w.directory, away)
          writeFileSync(w.directory, '')
        }
        if (point === 'after-unlink' && existsSync(away)) {
          rmSync(w.directory)
          renameSync(away, w.directory)
        }
      },
    },
  })
  await until(() => readdirSync(w.directory).length === 0, { what: 'the fourth try removes it' })
  expect([tries, batches]).toEqual([4, 1])
  expect(await w.commands()).toEqual(['once'])
})

test('a directory that is named like a spool file is left alone, and counts for nothing', async () => {
  const w = await world()
  mkdirSync(join(w.directory, deadName(1)))
  append(w.directory, deadName(2), records(['a']))
  const observe = await observing(w)
  await until(() => readdirSync(w.directory).length === 1, { what: 'a sweep has passed' })
  await expect.poll(() => observe.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})

test('a spool that cannot be read makes the node unready until it can be', async () => {
  const w = await world()
  const observe = await observing(w)
  expect(observe.health?.()).toMatchObject([{ name: 'observe.spool', ok: true }, { name: 'observe.files' }])
  rmSync(w.directory, { recursive: true })
  writeFileSync(w.directory, '')
  expect(observe.health?.()).toMatchObject([
    { ok: false, detail: expect.stringContaining('ENOTDIR') },
    { ok: true },
  ])
  rmSync(w.directory)
  mkdirSync(w.directory)
  expect(observe.health?.()).toMatchObject([{ ok: true }, { ok: true }])
})

test.runIf(uid === 0)('also when only the mode is wrong', async () => {
  const home = temporaryDirectory()
  execFileSync('chmod', ['755', home])
  const spool = join(home, 'spool')
  mkdirSync(spool, { mode: 0o000 })
  // As somebody whom modes bind.
  const script = `import { createFollower } from '${new URL('../../../src/observe/record/follower.ts', import.meta.url)}'
process.setuid(65534)
console.log(createFollower({ directory: process.argv[1] }).obstacle())`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script, spool], {
    encoding: 'utf8',
    env: { ...process.env, ...COMPILED },
  })
  expect(said).toBe('EACCES\n')
})

test('a directory that vanishes and comes back is followed again', async () => {
  const w = await world()
  const observe = await observing(w)
  rmSync(w.directory, { recursive: true })
  execFileSync('mkdir', [w.directory])
  append(w.directory, liveName(), records(['back']))
  await count(w, 1)
  await expect.poll(async () => (await observe.status()).pending_bytes).toBe(0)
})

test('a spool directory that cannot be listed for a while is read on where it was read', async () => {
  const w = await world()
  append(w.directory, liveName(), records(['one', 'two']))
  let gone = 0
  const events: EventRepository = {
    ...w.events,
    forget: (names) => {
      gone += names.length
      return w.events.forget(names)
    },
  }
  const observe = await observing(w, { events })
  await count(w, 2)
  // As after a change of its mode, or while too many files are open: a listing fails, for root too.
  renameSync(w.directory, `${w.directory}.away`)
  writeFileSync(w.directory, '')
  for (let sweeps = 0; sweeps < 3; sweeps++) await observe.catchUp()
  rmSync(w.directory)
  renameSync(`${w.directory}.away`, w.directory)
  for (let sweeps = 0; sweeps < 3; sweeps++) await observe.catchUp()
  expect([gone, await w.events.count(uid)]).toEqual([0, 2])
})

test('a file that has another number since, as after a restart of the machine, is not counted again', async () => {
  const w = await world()
  const name = liveName()
  const path = join(w.directory, name)
  append(w.directory, name, records(['one', 'two']))
  const first = await observing(w)
  await count(w, 2)
  await first.stop()
  writeFileSync(`${path}.new`, records(['one', 'two', 'three']), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  const again = await observing(w)
  for (let sweeps = 0; sweeps < 3; sweeps++) await again.catchUp()
  expect(await w.events.count(uid)).toBe(3)
  expect(await w.commands()).toEqual(['one', 'two', 'three'])
  expect(await again.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})

test('stop ends in the middle of a backlog, and a stopped room reads nothing more', async () => {
  const w = await world()
  const name = liveName()
  append(w.directory, name, backlog(1_000))
  const first = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const held: EventRepository = {
    ...w.events,
    async ingest(batch) {
      first.resolve()
      await go.promise
      return w.events.ingest(batch)
    },
  }
  const observe = await observing(w, { events: held })
  await first.promise
  const stopped = observe.stop()
  go.resolve()
  await stopped
  const stored = await w.events.count(uid)
  expect(stored).toBeLessThan(1_000)
  append(w.directory, name, records(['late'], 1_001))
  expect(await w.events.count(uid)).toBe(stored)
  await observing(w)
  await count(w, 1_001)
})

test('a living process other than this one keeps its file', async () => {
  const w = await world()
  const child = spawn('sleep', ['3600'])
  onTestFinished(() => void child.kill())
  const name = `${uid}-${child.pid}-${Date.now() * 1000 + 1_000_000}.spool`
  append(w.directory, name, records(['a']))
  append(w.directory, deadName(), records(['b'], 1, { session: 'x' }))
  await observing(w)
  await until(() => readdirSync(w.directory).length === 1, { what: 'a sweep has passed' })
  expect(readdirSync(w.directory)).toEqual([name])
  child.kill()
  await until(() => readdirSync(w.directory).length === 0, { what: 'it goes with its process' })
})

test.each([
  ['forward', 3_600_000],
  ['back', -3_600_000],
])('a clock that jumped %s ends no shell', async (_, by) => {
  const w = await world()
  const shell = spawn('bash', ['-c', 'read -r line'], { stdio: ['pipe', 'ignore', 'ignore'] })
  onTestFinished(() => void shell.kill('SIGKILL'))
  await until(() => readFileSync(`/proc/${shell.pid}/comm`, 'utf8') === 'bash\n', { what: 'it is a shell' })
  const name = `${uid}-${shell.pid}-${Date.now() * 1000}.spool`
  append(w.directory, name, records(['a']))
  append(w.directory, deadName(), records(['b'], 1, { session: 'x' }))
  await observing(w, { clock: { ...systemClock, now: () => Date.now() + by } })
  await until(() => !readdirSync(w.directory).includes(deadName()), { what: 'a sweep has passed' })
  expect(readdirSync(w.directory)).toEqual([name])
  shell.kill('SIGKILL')
  await until(() => readdirSync(w.directory).length === 0, { what: 'it goes with its shell' })
  expect((await w.commands()).sort()).toEqual(['a', 'b'])
})
