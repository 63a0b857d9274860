// The watchdog is fed by what works, not by a timer that happens to run.
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { startWatchdog, type Vital } from '../../../src/ops/system/watchdog.ts'

interface Bench {
  fed(): number
  /** The next look, and all that is answered at once. */
  next(): Promise<void>
}

async function watching(vitals: readonly Vital[]): Promise<Bench> {
  let fed = 0
  let due: (() => void) | undefined
  const timers = {
    after(ms: number, run: () => void) {
      expect(ms).toBe(500)
      due = run
      return () => {
        due = undefined
      }
    },
  }
  const end = startWatchdog({ limitMs: 1_000, vitals, feed: () => fed++, timers, log: silentLog })
  onTestFinished(() => {
    end()
    expect(due).toBeUndefined()
  })
  await new Promise(setImmediate)
  return {
    fed: () => fed,
    async next() {
      due?.()
      await new Promise(setImmediate)
    },
  }
}

test('it is fed at once and every half of its limit while all are alive', async () => {
  const bench = await watching([
    { name: 'store', alive: async () => true },
    { name: 'mesh', alive: async () => true },
  ])
  expect(bench.fed()).toBe(1)
  await bench.next()
  await bench.next()
  expect(bench.fed()).toBe(3)
})

test.each([
  ['says no', async () => false],
  ['fails', async () => Promise.reject(new Error('closed'))],
  ['does not answer', () => new Promise<boolean>(() => {})],
])('one part that %s starves it', async (_how, dead) => {
  let well = true
  const bench = await watching([
    { name: 'store', alive: () => (well ? Promise.resolve(true) : dead()) },
    { name: 'mesh', alive: async () => true },
  ])
  expect(bench.fed()).toBe(1)
  well = false
  await bench.next()
  await bench.next()
  await bench.next()
  expect(bench.fed()).toBe(1)
})

test('a part that hung is not asked again until it answers; then it is fed again', async () => {
  const waiting: ((alive: boolean) => void)[] = []
  const bench = await watching([
    { name: 'store', alive: () => new Promise((resolve) => waiting.push(resolve)) },
  ])
  await bench.next()
  await bench.next()
  expect([waiting.length, bench.fed()]).toEqual([1, 0])
  waiting[0]!(true)
  await new Promise(setImmediate)
  await bench.next()
  waiting[1]!(true)
  await new Promise(setImmediate)
  expect([waiting.length, bench.fed()]).toEqual([2, 1])
})
