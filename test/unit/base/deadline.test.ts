// Waiting that ends: in time, too late, by a signal; and failures go to whoever still waits.
import { expect, test } from 'vitest'
import { untilAborted, within } from '../../../src/base/async/deadline.ts'

/** Timers that ring when told to. */
function bell() {
  const waiting = new Set<() => void>()
  return {
    timers: {
      after(_ms: number, run: () => void) {
        waiting.add(run)
        return () => void waiting.delete(run)
      },
    },
    ring() {
      for (const run of waiting) run()
    },
    waiting: () => waiting.size,
  }
}

test('work that is done in time is done, and no timer is left', async () => {
  const { timers, waiting } = bell()
  expect(await within(Promise.resolve(1), 1_000, timers)).toBe(true)
  expect(waiting()).toBe(0)
})

test('work that is late is not waited for, and its failure afterwards disturbs nobody', async () => {
  const { timers, ring } = bell()
  const work = Promise.withResolvers<void>()
  const inTime = within(work.promise, 1_000, timers)
  ring()
  expect(await inTime).toBe(false)
  work.reject(new Error('late'))
  // An unhandled rejection would fail this run.
  await new Promise((resolve) => setImmediate(resolve))
})

test('work that fails in time fails for the caller, and no timer is left', async () => {
  const { timers, waiting } = bell()
  await expect(within(Promise.reject(new Error('broken')), 1_000, timers)).rejects.toThrow('broken')
  expect(waiting()).toBe(0)
})

test('a signal ends the wait with its reason, before or while it is waited', async () => {
  const never = new Promise<void>(() => {})
  const control = new AbortController()
  const waiting = untilAborted(never, control.signal)
  control.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(untilAborted(never, control.signal)).rejects.toThrow('enough')
})

test('without an abort the outcome of the work is passed on', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve('done'), signal)).toBe('done')
  await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
})
