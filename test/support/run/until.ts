// Waiting in tests: for a condition, with a deadline, never for a length of time.

/** Generous, because a loaded machine is no reason to fail; a test that passes does not wait for it. */
const DEADLINE_MS = 30_000
const POLL_MS = 10
/** The longest pause that long waiting leads to. */
const SLOWEST_MS = 100

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
  const { what, deadlineMs = DEADLINE_MS, pollMs = POLL_MS } = options
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
    // What takes long to look at, or to come, is looked at less often: half of the time at most goes into looking, and
    // what has come is seen a twentieth late at most, and never more than a tenth of a second.
    const now = performance.now()
    const pause = Math.max(pollMs, now - began, Math.min((now - first) / 20, SLOWEST_MS))
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
