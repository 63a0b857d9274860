// Rate limits by the generic cell rate algorithm (GCRA, ITU-T I.371), whose state is one number; for one source or for
// each key.
import { createRecent } from './recent.ts'

/** Allows a burst of `frames` (or bytes, or requests), and `frames` per `perMs` in the long run. */
export interface Rate {
  readonly frames: number
  readonly perMs: number
}

export interface Quota {
  /** Whether `take` would count one frame at `nowMs`. */
  has(nowMs: number): boolean
  /** Counts one frame at `nowMs` (any monotonic clock). False if that exceeds the quota; nothing is counted then. */
  take(nowMs: number): boolean
  /** Counts an `amount` that is already used; the quota may become overdrawn. */
  charge(nowMs: number, amount: number): void
  /** Milliseconds until the quota is no longer overdrawn; 0 if it is not. */
  wait(nowMs: number): number
}

/** A class, because there is one for each member of a large mesh: an object of three numbers and no closures. */
class Gcra implements Quota {
  /** Milliseconds that one frame uses up. */
  readonly #cost: number
  readonly #perMs: number
  /** When everything that was taken will have been earned back. */
  #due = Number.NEGATIVE_INFINITY

  constructor({ frames, perMs }: Rate) {
    this.#cost = perMs / frames
    this.#perMs = perMs
  }

  has(nowMs: number): boolean {
    // Half a frame of tolerance, so that rounding never refuses a whole frame.
    return Math.max(this.#due, nowMs) + this.#cost / 2 - nowMs <= this.#perMs
  }

  take(nowMs: number): boolean {
    const has = this.has(nowMs)
    if (has) this.charge(nowMs, 1)
    return has
  }

  charge(nowMs: number, amount: number): void {
    this.#due = Math.max(this.#due, nowMs) + amount * this.#cost
  }

  wait(nowMs: number): number {
    return Math.max(0, this.#due - this.#perMs - nowMs)
  }
}

export const createQuota = (rate: Rate): Quota => new Gcra(rate)

/**
 * A quota for each key. At most `most` keys are remembered; the one not asked for the longest is forgotten first, and gets
 * a full quota when it comes back.
 */
export function createQuotas<K>(rate: Rate, most: number): (key: K) => Quota {
  const quotas = createRecent<K, Quota>(most)
  return (key) => quotas.getOrInsert(key, () => createQuota(rate))
}
