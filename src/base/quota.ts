// Rate limits by the generic cell rate algorithm (GCRA, ITU-T I.371), whose state is one number; for one source or for
// each key.
import { createRecent } from './recent.ts'

/** Allows a burst of `frames` (or bytes, or requests), and `frames` per `perMs` in the long run. */
export interface Rate {
  readonly frames: number
  readonly perMs: number
}

export interface Quota {
  /** Counts one frame at `nowMs` (any monotonic clock). False if that exceeds the quota; nothing is counted then. */
  take(nowMs: number): boolean
  /** Counts an `amount` that is already used; the quota may become overdrawn. */
  charge(nowMs: number, amount: number): void
  /** Milliseconds until the quota is no longer overdrawn; 0 if it is not. */
  wait(nowMs: number): number
}

export function createQuota({ frames, perMs }: Rate): Quota {
  /** Milliseconds that one frame uses up. */
  const cost = perMs / frames
  /** Time at which everything counted so far would be due if it came evenly spaced. */
  let due = Number.NEGATIVE_INFINITY
  return {
    take(nowMs) {
      const next = Math.max(due, nowMs) + cost
      // Half a frame of tolerance, so that rounding never refuses a whole frame.
      if (next - nowMs > perMs + cost / 2) return false
      due = next
      return true
    },
    charge(nowMs, amount) {
      due = Math.max(due, nowMs) + amount * cost
    },
    wait: (nowMs) => Math.max(0, due - perMs - nowMs),
  }
}

/**
 * A quota for each key. At most `most` keys are remembered; the one not asked for the longest is forgotten first, and gets
 * a full quota when it comes back.
 */
export function createQuotas<K>(rate: Rate, most: number): (key: K) => Quota {
  const quotas = createRecent<K, Quota>(most)
  return (key) => quotas.getOrInsert(key, () => createQuota(rate))
}
