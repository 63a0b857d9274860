// The first signal asks, the second insists, and a fault nobody caught is a failure that still stops in order.
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { createPlainLog } from '../../../src/ops/log/log.ts'
import { type Ending, watchEnding } from '../../../src/ops/system/signals.ts'

/** What became of what, in order. */
let told: (string | number)[] = []
const log = createPlainLog('warn', (line) => told.push(line))
let ending: Ending | undefined
afterEach(() => {
  ending?.[Symbol.dispose]()
  ending = undefined
  told = []
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s aborts once; the second ends, once the log is written',
  async (name) => {
    const flushed = Promise.withResolvers<void>()
    const slow = { ...log, flush: () => flushed.promise }
    let now = 1_000
    ending = watchEnding(slow, { monotonic: () => now }, undefined, (code) => void told.push(code))
    process.emit(name, name)
    expect([ending.signal.aborted, ending.code(), told]).toEqual([true, 0, []])
    // npm hands on what the terminal has sent already.
    now += 299
    process.emit(name, name)
    expect(told).toEqual([])
    now += 1
    process.emit('SIGTERM', 'SIGTERM')
    const line = expect.stringContaining('second signal')
    expect(told).toEqual([line])
    flushed.resolve()
    await flushed.promise.finally(() => {})
    expect(told).toEqual([line, 1])
  },
)

test('where SIGHUP means reload it ends nothing; the others still do', () => {
  let reloads = 0
  ending = watchEnding(log, systemClock, () => reloads++)
  process.emit('SIGHUP', 'SIGHUP')
  process.emit('SIGHUP', 'SIGHUP')
  expect([reloads, ending.signal.aborted]).toEqual([2, false])
  process.emit('SIGTERM', 'SIGTERM')
  expect(ending.signal.aborted).toBe(true)
})

test('a fault aborts with a failure', () => {
  const others = process.rawListeners('uncaughtException')
  ending = watchEnding(log, systemClock, undefined, () => {})
  const [mine] = process.rawListeners('uncaughtException').filter((listener) => !others.includes(listener))
  mine?.call(process, new Error('bug'))
  expect([ending.signal.aborted, ending.code()]).toEqual([true, 1])
})

test('after release the signals are the process’s again', () => {
  const before = process.listenerCount('SIGTERM')
  watchEnding(log, systemClock)[Symbol.dispose]()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
