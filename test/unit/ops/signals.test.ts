// The first signal asks, the second insists, and a fault nobody caught is a failure that still stops in order.
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { type Ending, watchEnding } from '../../../src/ops/system/signals.ts'

let ending: Ending | undefined
afterEach(() => {
  ending?.[Symbol.dispose]()
  ending = undefined
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s aborts once; the second ends at once', (name) => {
  const exits: number[] = []
  let now = 1_000
  ending = watchEnding(silentLog, { monotonic: () => now }, undefined, (code) => void exits.push(code))
  process.emit(name, name)
  expect([ending.signal.aborted, ending.code(), exits]).toEqual([true, 0, []])
  // npm hands on what the terminal has sent already.
  now += 299
  process.emit(name, name)
  expect(exits).toEqual([])
  now += 1
  process.emit('SIGTERM', 'SIGTERM')
  expect(exits).toEqual([1])
})

test('where SIGHUP means reload it ends nothing; the others still do', () => {
  let reloads = 0
  ending = watchEnding(silentLog, systemClock, () => reloads++)
  process.emit('SIGHUP', 'SIGHUP')
  process.emit('SIGHUP', 'SIGHUP')
  expect([reloads, ending.signal.aborted]).toEqual([2, false])
  process.emit('SIGTERM', 'SIGTERM')
  expect(ending.signal.aborted).toBe(true)
})

test('a fault aborts with a failure', () => {
  const others = process.rawListeners('uncaughtException')
  ending = watchEnding(silentLog, systemClock, undefined, () => {})
  const [mine] = process.rawListeners('uncaughtException').filter((listener) => !others.includes(listener))
  mine?.call(process, new Error('bug'))
  expect([ending.signal.aborted, ending.code()]).toEqual([true, 1])
})

test('after release the signals are the process’s again', () => {
  const before = process.listenerCount('SIGTERM')
  watchEnding(silentLog, systemClock)[Symbol.dispose]()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
