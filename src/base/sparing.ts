// How often something that others can repeat is told: once per key and time, with how many times it happened since.
import type { Clock } from './clock.ts'

/** One line or entry per key in this time. */
const EVERY_MS = 60_000
/** Keys that are told apart; further ones share a single key until old ones age. */
const KEYS_MAX = 256

export interface Sparing {
  /**
   * Counts one happening under `key`. A number: it is to be told now, and stands for so many happenings since the last
   * time it was told. Undefined: it is counted, and told with a later one.
   */
  times(key: string): number | undefined
}

export interface SparingOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Default one minute. */
  readonly everyMs?: number
  /** Default 256. */
  readonly keysMax?: number
}

/** So at most `keysMax + 1` are told in `everyMs`, whoever causes them and however many keys they invent. */
export function createSparing({ clock, everyMs = EVERY_MS, keysMax = KEYS_MAX }: SparingOptions): Sparing {
  const told = new Map<string, { at: number; since: number }>()
  /** The key of all that find no place of their own. */
  const REST = ''

  const forgetOld = (now: number): void => {
    for (const [key, { at, since }] of told) {
      if (now - at < everyMs || key === REST) continue
      told.delete(key)
      if (since > 0) keepForRest(since)
    }
  }

  /** What nobody repeats any more is not lost: the next line about the rest has it. */
  const keepForRest = (since: number): void => {
    const rest = told.get(REST) ?? { at: Number.NEGATIVE_INFINITY, since: 0 }
    rest.since += since
    told.set(REST, rest)
  }

  return {
    times(asked) {
      const now = clock.monotonic()
      if (!told.has(asked) && told.size >= keysMax) forgetOld(now)
      const key = told.has(asked) || told.size < keysMax ? asked : REST
      const last = told.get(key)
      if (last !== undefined && now - last.at < everyMs) {
        last.since++
        return undefined
      }
      told.set(key, { at: now, since: 0 })
      return (last?.since ?? 0) + 1
    },
  }
}
