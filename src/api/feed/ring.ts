// Keeps the last items of an endless sequence, each with its number; the oldest are dropped.

export interface Ring<T> {
  push(value: T): void
  /** Number of the oldest kept item; the first item ever has 0. */
  first(): number
  /** Number that the next item gets. */
  next(): number
  /** The item with this number; undefined if it was dropped or does not exist yet. */
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
