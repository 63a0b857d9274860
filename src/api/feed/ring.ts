// The last things of an endless sequence: each keeps its number, and the oldest give way.

export interface Ring<T> {
  push(value: T): void
  /** Number of the oldest that is kept; the first one ever has 0. */
  first(): number
  /** Number that the next one gets. */
  next(): number
  /** Undefined: not kept any more, or not there yet. */
  at(number: number): T | undefined
}

export function createRing<T>(most: number): Ring<T> {
  const kept: T[] = []
  let next = 0
  const first = (): number => Math.max(0, next - most)
  return {
    push(value) {
      kept[next % most] = value
      next++
    },
    first,
    next: () => next,
    at: (number) => (number >= first() && number < next ? kept[number % most] : undefined),
  }
}
