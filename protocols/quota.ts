// A rate limit per peer and stream: the generic cell rate algorithm (ITU-T I.371), which is one number of state.

export interface Quota {
  /** Counts one frame at `nowMs` (any monotonic clock). False: over the quota, and nothing was counted. */
  take(nowMs: number): boolean
}

/** Admits a burst of `frames`, and `frames` per `perMs` in the long run. */
export function createQuota({ frames, perMs }: { readonly frames: number; readonly perMs: number }): Quota {
  /** Time that one frame uses up. */
  const cost = perMs / frames
  /** When everything admitted so far would have been due, had it come evenly spaced. */
  let due = Number.NEGATIVE_INFINITY
  return {
    take(nowMs) {
      const next = Math.max(due, nowMs) + cost
      // Half a frame of tolerance, so that rounding never costs a whole one.
      if (next - nowMs > perMs + cost / 2) return false
      due = next
      return true
    },
  }
}
