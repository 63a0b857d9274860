// How often something that others can repeat is told: once per key and time, with how many times it happened since.
import type { Clock } from './clock.ts'

/** One line or entry per key in this time. */
const EVERY_MS = 60_000
/** Keys that are told apart; further ones share a single key until old ones age. */
const KEYS_MAX = 256

/** The key of all that find no place of their own: what is counted under it is of nobody in particular. */
export const REST = ''

/** What is told of one key: so many happenings since the last time. */
export interface Happened {
  /** The key that was asked for, or `REST`. */
  readonly key: string
  readonly times: number
}

export interface Sparing {
  /**
   * Counts `count` happenings (default 1) under `key`, or under `REST` where there is no place left for the key. What is to
   * be told now, if anything; else the happenings are told with later ones.
   */
  times(key: string, count?: number): Happened | undefined
  /** What was counted and not told yet, by key; `REST` stands for the keys without a place. Counts from 0 again. */
  left(): readonly (readonly [string, number])[]
}

export interface SparingOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Default one minute. */
  readonly everyMs?: number
  /**
   * What goes on is told after twice the time each time, up to this; what paused for as long begins with `everyMs`
   * again. Default `everyMs`.
   */
  readonly mostMs?: number
  /** Default 256. */
  readonly keysMax?: number
}

interface Told {
  at: number
  /** Until when the next ones are only counted. */
  until: number
  since: number
}

/** So at most `keysMax + 1` are told in `everyMs`, whoever causes them and however many keys they invent. */
export function createSparing(options: SparingOptions): Sparing {
  const { clock, everyMs = EVERY_MS, mostMs = everyMs, keysMax = KEYS_MAX } = options
  const told = new Map<string, Told>()

  const forgetOld = (now: number): void => {
    for (const [key, { until, since }] of told) {
      if (now < until || key === REST) continue
      told.delete(key)
      // What nobody repeats any more is not lost: the next line about the rest has it.
      if (since > 0) keepForRest(since)
    }
  }

  const keepForRest = (since: number): void => {
    const rest = told.get(REST) ?? { at: 0, until: Number.NEGATIVE_INFINITY, since: 0 }
    rest.since += since
    told.set(REST, rest)
  }

  const nextWait = (last: Told | undefined, now: number): number => {
    if (last === undefined) return everyMs
    const wait = last.until - last.at
    return now - last.until >= wait ? everyMs : Math.min(2 * wait, mostMs)
  }

  return {
    times(asked, count = 1) {
      const now = clock.monotonic()
      if (!told.has(asked) && told.size >= keysMax) forgetOld(now)
      const key = told.has(asked) || told.size < keysMax ? asked : REST
      const last = told.get(key)
      if (last !== undefined && now < last.until) {
        last.since += count
        return undefined
      }
      told.set(key, { at: now, until: now + nextWait(last, now), since: 0 })
      return { key, times: (last?.since ?? 0) + count }
    },
    left() {
      const all = [...told].flatMap(([key, one]) => (one.since > 0 ? [[key, one.since] as const] : []))
      for (const one of told.values()) one.since = 0
      return all
    },
  }
}
