// When to try again: 1 s after the first failure, doubling to 60 s, each with jitter, without end.

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/** Milliseconds to wait after `failures` failures in a row (1 or more); between half and all of the doubled time. */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 16), LONGEST_MS)
  return full / 2 + (full / 2) * random()
}
