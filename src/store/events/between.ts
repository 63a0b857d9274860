// Counts the commands between two moments from the events themselves, for the edges of a range that no whole hour covers.
import type { Database } from '../level/database.ts'
import { eventsBetween, isCounted, startOfKey } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { count, emptyRollup } from '../rollups/count.ts'
import type { Rollup } from '../rollups/types.ts'
import { decodeWithoutText } from './rows.ts'

const PAGE = 4_096

/**
 * One person's events that began in [from, to), ms since the epoch, as a rollup of them; what the guard did is no event
 * and not in it. Costs what there are: for spans of an hour or less.
 */
export async function countBetween(db: Database, uid: number, from: number, to: number): Promise<Rollup> {
  const rollup = emptyRollup()
  if (from >= to) return rollup
  for await (const page of pages(db.iterator(eventsBetween(uid, from, to)), PAGE)) {
    for (const [key, value] of page) {
      if (!isCounted(key)) continue
      const event = decodeWithoutText(key, value)
      const date = new Date(startOfKey(key) / 1000)
      count(rollup, {
        ...event,
        duration_us: event.duration_ms === null ? null : event.duration_ms * 1000,
        local: { day: 0, hour: date.getHours() },
      })
    }
  }
  return rollup
}
