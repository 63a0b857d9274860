// Rate limits: the generic cell rate algorithm (GCRA, ITU-T I.371), which is one number of state, for one or for each key.
import { createRecent } from './recent.ts'

/** A burst of `frames` (or bytes, requests: whatever is counted), and `frames` per `perMs` in the long run. */
export interface Rate {
  readonly frames: number
  readonly perMs: number
}

export interface Quota {
  /** Counts one frame at `nowMs` (any monotonic clock). False: over the quota, and nothing was counted. */
  take(nowMs: number): boolean
  /** Counts `amount` that has been used already, and may leave the quota overdrawn. */
  charge(nowMs: number, amount: number): void
  /** Milliseconds until nothing is overdrawn any more; 0 when nothing is. */
  wait(nowMs: number): number
}

export function createQuota({ frames, perMs }: Rate): Quota {
  /** Time that one frame uses up. */
  const cost = perMs / frames
  /** When everything counted so far would have been due, had it come evenly spaced. */
  let due = Number.NEGATIVE_INFINITY
  return {
    take(nowMs) {
      const next = Math.max(due, nowMs) + cost
      // Half a frame of tolerance, so that rounding never costs a whole one.
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
 * The quota of each key. `most` keys are remembered; the one asked for longest ago is forgotten first, and has its whole
 * quota again when it comes back.
 */
export function createQuotas<K>(rate: Rate, most: number): (key: K) => Quota {
  const quotas = createRecent<K, Quota>(most)
  return (key) => quotas.getOrInsert(key, () => createQuota(rate))
}
