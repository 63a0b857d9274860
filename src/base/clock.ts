// Time and randomness as values to pass in, so that tests and the simulator can control them.

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now(): number
  /** Monotonic milliseconds with a fraction; only differences mean anything. */
  monotonic(): number
}

export interface Timers {
  /** Calls `run` once after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void
}

export interface Random {
  /** `length` cryptographically strong bytes, at most 65,536. */
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1); for jitter, never for secrets. */
  float(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

export const systemRandom: Random = {
  // The global's first call loads less of Node than `node:crypto` would.
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  float: () => Math.random(),
}

const rawTimers: Timers = {
  after(ms, run) {
    // A timer alone does not keep the process running.
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** Timers of a second and more that are due at a multiple of this, milliseconds, ring together. */
const STEP_MS = 100
const LONG_MS = 1_000

/**
 * Timers that share wakes: each wake of a process at rest costs more than the work it does. Timers of a second or more that
 * are due at the same whole step (see `inStep` in timers.ts) ring together; all others ring by themselves. `monotonic` is the
 * clock of `raw`.
 */
export function sharedTimers(raw: Timers, monotonic: () => number): Timers {
  const steps = new Map<number, { readonly runs: Set<() => void>; cancel: () => void }>()

  function ring(step: number): void {
    const due = steps.get(step)
    if (due === undefined) return
    try {
      for (const one of due.runs) {
        due.runs.delete(one)
        one()
      }
    } finally {
      // If one of them throws, the others still ring.
      if (due.runs.size > 0) due.cancel = raw.after(0, () => ring(step))
      else steps.delete(step)
    }
  }

  return {
    after(ms, run) {
      if (ms < LONG_MS) return raw.after(ms, run)
      const now = monotonic()
      const step = Math.round((now + ms) / STEP_MS)
      // A millisecond of tolerance: what asks for a whole step does so a moment after it has read the clock.
      const past = now + ms - step * STEP_MS
      if (past < 0 || past > 1) return raw.after(ms, run)
      let due = steps.get(step)
      if (due === undefined) {
        const cancel = raw.after(Math.ceil(step * STEP_MS - now), () => ring(step))
        due = { runs: new Set(), cancel }
        steps.set(step, due)
      }
      const { runs } = due
      // A new function for each call, because a caller may register the same function twice.
      const one = (): void => run()
      runs.add(one)
      return () => {
        if (!runs.delete(one) || runs.size > 0) return
        // Nobody is left who would wait for this step.
        steps.get(step)?.cancel()
        steps.delete(step)
      }
    },
  }
}

export const systemTimers: Timers = sharedTimers(rawTimers, systemClock.monotonic)
