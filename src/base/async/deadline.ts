// Deadlines: waiting that ends after a time or at a signal, whatever becomes of the work itself.
import { systemTimers, type Timers } from '../clock.ts'

/**
 * True if `work` ended within `ms`; a rejection within that time is passed on. Later, `work` continues on its own, and its
 * rejection is ignored.
 */
export async function within(
  work: Promise<unknown>,
  ms: number,
  timers: Timers = systemTimers,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const cancel = timers.after(ms, () => resolve(false))
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    cancel()
  }
}

/**
 * The result or rejection of `work`; rejects with the reason of `signal` if that aborts first. `work` then continues on its
 * own. For calls that cannot be interrupted, such as name lookups.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A signal that aborts after `ms` milliseconds, with a TimeoutError. For `using`: behind its block nothing waits any more. */
export function deadline(timers: Timers, ms: number) {
  const control = new AbortController()
  const cancel = timers.after(ms, () =>
    control.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')),
  )
  return { signal: control.signal, [Symbol.dispose]: cancel }
}
