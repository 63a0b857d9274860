// How much of something one neighbour may have: a burst, then so much a second; what is over is waited for, not refused.

export interface Budget {
  /** Milliseconds until the next answer may go. */
  wait(nowMs: number): number
  take(amount: number, nowMs: number): void
}

/** The generic cell rate algorithm (ITU-T I.371) with bytes, or whatever is counted, as cells: one number of state. */
export function createBudget(burst: number, perSecond: number): Budget {
  const msEach = 1_000 / perSecond
  const burstMs = burst * msEach
  /** When all that was taken would be paid for. */
  let due = Number.NEGATIVE_INFINITY
  return {
    wait: (nowMs) => Math.max(0, due - burstMs - nowMs),
    take(amount, nowMs) {
      due = Math.max(due, nowMs) + amount * msEach
    },
  }
}
