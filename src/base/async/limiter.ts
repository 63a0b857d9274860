// How many pieces of asynchronous work run at once; the others wait for their turn, in call order.

export interface Limiter {
  /** Runs `work` when there is room for it. What it resolves or rejects with is the caller's alone. */
  <T>(work: () => Promise<T>): Promise<T>
  /** Pieces of work that run or wait. */
  pending(): number
}

/** Runs at most `atOnce` pieces of work at a time. What may wait is bounded by the caller, by `pending`. */
export function createLimiter(atOnce: number): Limiter {
  const waiting: (() => void)[] = []
  let running = 0

  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    // Whoever is done hands its place on: nobody who comes meanwhile gets in between.
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

/** One piece of work after the other, in call order. */
export const createSerial = (): Limiter => createLimiter(1)
