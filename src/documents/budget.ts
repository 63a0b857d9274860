// How many bytes one neighbour may have: a burst, then so many a second; what is over is waited for, not refused.

export interface Budget {
  /** Milliseconds until the next answer may go. */
  wait(nowMs: number): number
  take(bytes: number, nowMs: number): void
}

/** The generic cell rate algorithm (ITU-T I.371) with bytes as cells: one number of state. */
export function createBudget(burstBytes: number, bytesPerSecond: number): Budget {
  const msPerByte = 1_000 / bytesPerSecond
  const burstMs = burstBytes * msPerByte
  /** When all that was taken would be paid for. */
  let due = Number.NEGATIVE_INFINITY
  return {
    wait: (nowMs) => Math.max(0, due - burstMs - nowMs),
    take(bytes, nowMs) {
      due = Math.max(due, nowMs) + bytes * msPerByte
    },
  }
}
