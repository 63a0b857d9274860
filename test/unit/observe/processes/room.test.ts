// The watch as a room: how often it looks, what it writes and when, the switch, and a store that takes nothing.
import { expect, test } from 'vitest'
import type { Log } from '../../../../src/base/run/log.ts'
import { createProcesses } from '../../../../src/observe/processes/index.ts'
import type { HookedShell, RanLine } from '../../../../src/observe/record/index.ts'
import { createProcessRepository, type ProcessRepository } from '../../../../src/store/processes/processes.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { until } from '../../../support/run/until.ts'
import { machine } from './machine.ts'

const never = new AbortController().signal

async function world(config = { processes: { enabled: true, keep_days: 30 } }) {
  const m = machine()
  const shells: HookedShell[] = []
  const warned: string[] = []
  let listener: ((shell: HookedShell, lines: readonly RanLine[]) => void) | undefined
  let due: { ms: number; run: () => void } | undefined
  let fails = false
  let written: Promise<void> | undefined
  const stored = createProcessRepository(await temporaryDatabase())
  const repository: ProcessRepository = {
    ...stored,
    async find(...what) {
      if (fails) throw new Error('the disk is full')
      return stored.find(...what)
    },
    async write(batches) {
      if (fails) throw new Error('the disk is full')
      await written
      await stored.write(batches)
    },
  }
  const processes = createProcesses({
    config,
    repository,
    clock: m.clock,
    proc: m.proc,
    observe: {
      shells: () => shells,
      onRan(told) {
        listener = told
        return () => (listener = undefined)
      },
    },
    timers: {
      after(ms, run) {
        const one = { ms, run }
        due = one
        return () => {
          if (due === one) due = undefined
        }
      },
    },
    log: { warn: (_: unknown, text: string) => void warned.push(text) } as unknown as Log,
  })
  return {
    m,
    shells,
    processes,
    warned,
    config,
    fail: (on: boolean) => {
      fails = on
    },
    /** Writing waits for this. */
    hold: (until: Promise<void>) => {
      written = until
    },
    ran: (shell: HookedShell, ...lines: readonly RanLine[]) => listener?.(shell, lines),
    wait: () => due?.ms,
    /** Time goes by until the next look, which is taken. */
    async next() {
      const one = due!
      due = undefined
      m.pass(one.ms)
      one.run()
      // What is written meanwhile.
      await stored.people()
    },
    async rows(uid = 1000) {
      const found = []
      for await (const page of stored.rows(uid)) found.push(...page)
      return found
    },
  }
}

test('nothing is read where no shell is open; looks come sooner where something happens, and rarer again', async () => {
  const w = await world()
  await w.processes.start(never)
  expect(w.wait()).toBe(5_000)
  await w.next()
  expect(w.m.reads()).toBe(0)
  const shell = w.m.shell(100)
  w.shells.push(shell)
  await w.next()
  expect(w.wait(), 'a shell that waits').toBe(2_000)
  w.m.run(200, 'make', 100)
  await w.next()
  expect(w.wait(), 'something has begun').toBe(1_000)
  for (let i = 0; i < 30; i++) await w.next()
  expect(w.wait(), 'it goes on as it is').toBe(2_000)
  const line = { id: 'x', start_us: w.m.now() * 1000, duration_us: 1, exit_code: 0 }
  w.ran(shell, line)
  expect(w.wait(), 'somebody is at work').toBe(1_000)
  w.m.end(200)
  w.shells.pop()
  for (let looks = 0; looks < 2; looks++) await w.next()
  expect(w.wait(), 'the last shell is gone').toBeGreaterThan(2_000)
  w.ran(shell, line)
  expect(w.wait(), 'the next one is there before anything was forgotten').toBe(1_000)
  await w.processes.stop()
  expect(w.wait()).toBeUndefined()
})

test('looks that take long become rare', async () => {
  const w = await world()
  w.shells.push(w.m.shell(100))
  const { stat } = w.m.proc
  w.m.proc.stat = (pid) => {
    w.m.pass(20)
    return stat(pid)
  }
  await w.processes.start(never)
  expect(w.wait()).toBeGreaterThanOrEqual(5_000)
  await w.processes.stop()
})

test('what ended is written within seconds; what lives, at the end', async () => {
  const w = await world()
  w.shells.push(w.m.shell(100))
  w.m.run(200, 'make', 100)
  w.m.run(201, 'server', 100)
  await w.processes.start(never)
  w.m.end(200)
  for (let i = 0; i < 5; i++) await w.next()
  await until(async () => (await w.rows()).length === 1, { what: 'what ended is written' })
  await w.processes.stop()
  expect((await w.rows()).map(({ pid }) => pid).sort()).toEqual([200, 201])
  await w.processes.stop()
})

test('whoever deletes a line waits for what is being written of it', async () => {
  const w = await world()
  const shell = w.m.shell(100)
  w.shells.push(shell)
  w.m.run(200, 'make', 100)
  await w.processes.start(never)
  w.m.end(200)
  const { promise, resolve } = Promise.withResolvers<void>()
  w.hold(promise)
  for (let i = 0; i < 5; i++) await w.next()
  let forgotten = false
  const forgetting = w.processes.forget(1000, ['any']).then(() => {
    forgotten = true
  })
  await w.rows()
  expect(forgotten).toBe(false)
  resolve()
  await forgetting
  expect(await w.rows()).toHaveLength(1)
  await w.processes.stop()
})

test('a disk that is full is told of once, and what waits is written when there is room', async () => {
  const w = await world()
  w.shells.push(w.m.shell(100))
  w.m.run(200, 'make', 100)
  await w.processes.start(never)
  w.fail(true)
  w.m.end(200)
  for (let i = 0; i < 20; i++) await w.next()
  expect(w.warned).toHaveLength(1)
  expect(await w.rows()).toEqual([])
  w.fail(false)
  for (let i = 0; i < 5; i++) await w.next()
  await until(async () => (await w.rows()).length === 1, { what: 'it is written' })
  await w.processes.stop()
})

test('what was there before the watch is found again in the store, also when that failed at first', async () => {
  const w = await world()
  w.shells.push(w.m.shell(100))
  w.m.run(200, 'server', 100)
  await w.processes.start(never)
  await w.processes.stop()
  const [known] = await w.rows()
  // The clocks are some ms apart.
  w.m.pass(10_000, 10_007)
  w.fail(true)
  await w.processes.start(never)
  for (let i = 0; i < 5; i++) await w.next()
  expect(await w.rows(), 'nothing is written without having looked').toEqual([known])
  w.fail(false)
  w.m.end(200)
  for (let i = 0; i < 5; i++) await w.next()
  await until(async () => (await w.rows())[0]?.duration_ms !== known!.duration_ms, { what: 'its end' })
  expect((await w.rows()).map(({ started_at }) => started_at)).toEqual([known!.started_at])
  await w.processes.stop()
})

test('switched off it forgets and looks at nothing, switched on it begins anew', async () => {
  const w = await world()
  const running = async () => (await w.processes.search(1000, { sort: 'started', limit: 10 }, true)).total
  w.shells.push(w.m.shell(100))
  w.m.run(200, 'make', 100)
  await w.processes.start(never)
  expect(await running()).toBe(1)
  w.config.processes = { enabled: false, keep_days: 30 }
  await w.next()
  expect(await running()).toBe(0)
  const before = w.m.reads()
  for (let i = 0; i < 5; i++) await w.next()
  expect(w.m.reads()).toBe(before)
  expect(w.processes.silentHooks()).toEqual([])
  w.config.processes = { enabled: true, keep_days: 30 }
  await w.next()
  expect(await running()).toBe(1)
  await w.processes.stop()
})
