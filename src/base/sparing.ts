// Limits how often a repeatable event is reported: once per key and time, with the number of events since.
import type { Clock } from './clock.ts'

/** Milliseconds between two reports of a key. */
const EVERY_MS = 60_000
/** Keys that are counted separately; further keys share REST until old ones expire. */
const KEYS_MAX = 256

/** The key for events for whose own key there is no room; a report under this key names nobody. */
export const REST = ''

/** A report about one key. */
export interface Happened {
  /** The key of the event, or `REST`. */
  readonly key: string
  readonly times: number
}

export interface SparingOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Default one minute. */
  readonly everyMs?: number
  /**
   * Upper limit of the time between reports: the time doubles while events continue, and returns to `everyMs` after a
   * pause of the same length. Default `everyMs`.
   */
  readonly mostMs?: number
  /** Default 256. */
  readonly keysMax?: number
}

interface Told {
  at: number
  /** Monotonic time until which further events are only counted. */
  until: number
  since: number
}

export type Sparing = ReturnType<typeof createSparing>

/** At most `keysMax + 1` reports come in `everyMs`, however many keys the senders of events invent. */
export function createSparing(options: SparingOptions) {
  const { clock, everyMs = EVERY_MS, mostMs = everyMs, keysMax = KEYS_MAX } = options
  const told = new Map<string, Told>()

  const forgetOld = (now: number): void => {
    for (const [key, { until, since }] of told) {
      if (now < until || key === REST) continue
      told.delete(key)
      // Events of a forgotten key are not lost: the next report about REST has them.
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
    /**
     * Counts an event under its key, or under `REST` if there is no place left. Returns the report that is due now; undefined
     * if the event is to be reported later.
     */
    times(asked: string): Happened | undefined {
      const now = clock.monotonic()
      if (!told.has(asked) && told.size >= keysMax) forgetOld(now)
      const key = told.has(asked) || told.size < keysMax ? asked : REST
      const last = told.get(key)
      if (last !== undefined && now < last.until) {
        last.since++
        return undefined
      }
      told.set(key, { at: now, until: now + nextWait(last, now), since: 0 })
      return { key, times: (last?.since ?? 0) + 1 }
    },
    /**
     * The events that were counted and not reported, by key; `REST` has those without a place. The counts start at 0
     * again.
     */
    left() {
      const all = [...told].flatMap(([key, one]) => (one.since > 0 ? [[key, one.since] as const] : []))
      for (const one of told.values()) one.since = 0
      return all
    },
  }
}
