// Chance for tests that comes out the same for the same seed.
/** Deterministic (mulberry32): a seed reproduces a run. */
export function randomOf(seed: number): { below(limit: number): number; bytes(length: number): Uint8Array } {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return (word ^ (word >>> 14)) >>> 0
  }
  return {
    below: (limit) => next() % limit,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  }
}
export type Random = ReturnType<typeof randomOf>

export const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!
