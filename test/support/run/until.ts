// Waiting in tests: for a condition, with a deadline, never for a length of time.

/**
 * Against what hangs, and no more: a busy machine needs half a minute for what a quiet one does in one second, and what is
 * said again at intervals (mDNS, a redial, a reconciliation) comes with the second or third time, at intervals that are longer
 * where time is paced. A test that passes does not wait for it.
 */
export const PATIENCE_MS = 300_000
/** No single wait takes as long as a test may, so that it is the wait that fails, and says what it was for. */
const LONGEST_MS = 20 * 60_000
const POLL_MS = 10
/** The longest pause that long waiting leads to. */
const SLOWEST_MS = 400

/** For what takes a signal, and is to come to its end without it. */
export const patience = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS)

export interface UntilOptions {
  /** What is waited for, for the error. */
  readonly what: string
  readonly deadlineMs?: number
  readonly pollMs?: number
}

/** Resolves with the first truthy value of `condition`; an error it throws counts as not yet, and is told at the end. */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions,
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const { what, pollMs = POLL_MS } = options
  const deadlineMs = Math.min(options.deadlineMs ?? PATIENCE_MS, LONGEST_MS)
  const first = performance.now()
  const end = first + deadlineMs
  for (;;) {
    const began = performance.now()
    let last: unknown
    try {
      const value = await condition()
      if (value) return value as Exclude<T, undefined | null | false | 0 | ''>
      last = value
    } catch (error) {
      last = error
    }
    if (performance.now() > end) {
      throw new Error(`waited ${deadlineMs} ms in vain: ${what} (last: ${String(last)})`, { cause: last })
    }
    // What takes long to look at, or to come, is looked at less often: a quarter of the time at most goes into looking, and
    // what has come is seen a fifth late at most, and never more than two fifths of a second beyond that: each look
    // at a daemon is some milliseconds of work on both sides, of which there are tens of thousands.
    const now = performance.now()
    const pause = Math.max(pollMs, 3 * (now - began), Math.min((now - first) / 5, SLOWEST_MS))
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
