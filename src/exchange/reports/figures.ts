// Counts this node's own questions of the last day, hour by hour, for the section of a report about its source.
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import type { QueryWatch } from '../query/index.ts'
import type { SourceSection } from '../report/index.ts'

export interface Figures {
  readonly watch: QueryWatch
  of(): SourceSection
}

interface Slot {
  asked: number
  elapsed_ms: number
  answered: number
}

const SLOTS = DAY_MS / HOUR_MS

export function createFigures(clock: Pick<Clock, 'now'>): Figures {
  const begun = clock.now()
  /** By hour since the epoch; at most a day of them. */
  const slots = new Map<number, Slot>()
  const hourOf = (): number => Math.floor(clock.now() / HOUR_MS)

  function slot(): Slot {
    const hour = hourOf()
    const found = slots.get(hour) ?? { asked: 0, elapsed_ms: 0, answered: 0 }
    slots.set(hour, found)
    // A clock that was set back leaves hours of the future, which say nothing of the last day either.
    for (const one of slots.keys()) if (one <= hour - SLOTS || one > hour) slots.delete(one)
    return found
  }

  return {
    watch: {
      asked({ timing, opened }) {
        // A report's own look at totals is no question of anybody.
        if (opened !== undefined) return
        const one = slot()
        one.asked++
        one.elapsed_ms += timing.elapsed_ms
      },
      answered() {
        slot().answered++
      },
    },
    of() {
      slot()
      const all = [...slots.values()]
      const sum = (count: (slot: Slot) => number): number => all.reduce((total, one) => total + count(one), 0)
      const asked = sum((one) => one.asked)
      const since = Math.max(begun, (hourOf() - SLOTS + 1) * HOUR_MS)
      return {
        since: new Date(since).toISOString(),
        asked,
        average_ms: asked === 0 ? null : sum((one) => one.elapsed_ms) / asked,
        answered: sum((one) => one.answered),
      }
    },
  }
}
