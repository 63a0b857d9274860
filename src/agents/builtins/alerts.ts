// What kSentinel tells without being asked: that something was refused, that an agent cannot run, that numbers are unusual.
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { ALERTS } from './words.ts'

interface Alert {
  readonly what: (typeof ALERTS)[number]
  /** Null: it is about no agent. */
  readonly agent: string | null
  /** For people; without a word of a command, an argument or a place. */
  readonly reason: string
}

/** Alerts that are kept of one person, people that are remembered, and milliseconds. In memory only: after a restart the ledger still has what was refused. */
const MOST_KEPT = 100
const MOST_PEOPLE = 256
const KEPT_MS = DAY_MS
const MOST_REASON = 200

export type Alerts = ReturnType<typeof createAlerts>

export function createAlerts({ now }: Pick<Clock, 'now'>) {
  const all = createRecent<number, readonly (Alert & { readonly at: number })[]>(MOST_PEOPLE)
  const listeners = createListeners<[number, Alert]>()
  const of = (person: number) => (all.peek(person) ?? []).filter(({ at }) => at > now() - KEPT_MS)

  return {
    /** Of the last day, the newest first; `at` in milliseconds since the epoch. */
    of,
    /** The same alert again within a minute is ignored. */
    raise(person: number, { what, agent, reason: words }: Alert) {
      const reason = words.slice(0, MOST_REASON)
      const before = of(person)
      const isSame = before.some(
        (one) => one.what === what && one.agent === agent && one.reason === reason && one.at > now() - 60_000,
      )
      if (isSame) return
      const alert = { what, agent, reason }
      all.set(person, [{ ...alert, at: now() }, ...before].slice(0, MOST_KEPT))
      listeners.tell(person, alert)
    },
    onRaised: listeners.on,
  }
}
