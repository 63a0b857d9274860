// Time and randomness as values to pass in, so that tests and the simulator can control them.
import { randomBytes } from 'node:crypto'

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
  /** `length` cryptographically strong bytes. */
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1); for jitter, never for secrets. */
  float(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

export const systemRandom: Random = { bytes: (length) => randomBytes(length), float: () => Math.random() }

export const systemTimers: Timers = {
  after(ms, run) {
    // A timer alone does not keep the process running.
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}
