// Limits how many pieces of asynchronous work run at once; the others wait in call order.

export interface Limiter {
  /** Runs `work` as soon as there is room. Its result or rejection goes only to the caller. */
  <T>(work: () => Promise<T>): Promise<T>
  /** Number of pieces of work that run or wait. */
  pending(): number
}

/** Runs at most `atOnce` pieces of work at a time. The queue is not bounded; the caller checks `pending`. */
export function createLimiter(atOnce: number): Limiter {
  const waiting: (() => void)[] = []
  let running = 0

  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    // A finished piece passes its place directly to the next, so that a new call cannot come in between.
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
  return Object.assign(limited, { pending: () => running + waiting.length })
}

/** Runs one piece of work after the other, in call order. */
export const createSerial = (): Limiter => createLimiter(1)
