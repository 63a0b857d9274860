// Which command texts ran most often in a span of time: counted from the keys of events and a byte of each.
import type { Level0 } from '../../base/level0/level0.ts'
import type { Database } from '../level/database.ts'
import { eventsBetween, isCounted } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { isEndKnown } from './bytes.ts'
import { commandTexts } from './commands.ts'
import { readEventKey } from './rows.ts'

const PAGE = 4_096

export interface MostUsed {
  readonly command: Level0<string>
  readonly count: number
  /** Uses with another exit code than 0. */
  readonly failures: number
  /** Uses whose exit code is not known. */
  readonly unknown: number
}

/**
 * One person's from `since` (ms since the epoch) on, most often first, then those that were first typed; at most `limit`.
 * Reads every event since then, a second for a million; others have their turn in between.
 */
export async function mostUsed(
  db: Database,
  uid: number,
  since: number,
  limit: number,
): Promise<readonly MostUsed[]> {
  const snapshot = db.snapshot()
  const counts = new Map<number, { count: number; failures: number; unknown: number }>()
  try {
    for await (const page of pages(db.iterator({ ...eventsBetween(uid, since), snapshot }), PAGE)) {
      for (const [key, value] of page) {
        // An event that was imported without a time belongs to no span.
        if (!isCounted(key)) continue
        const { command, failed } = readEventKey(key)
        const tally = counts.get(command)
        const unknown = isEndKnown(key, value) ? 0 : 1
        if (tally === undefined) counts.set(command, { count: 1, failures: failed ? 1 : 0, unknown })
        else {
          tally.count++
          if (failed) tally.failures++
          tally.unknown += unknown
        }
      }
    }
    const most = [...counts].sort(([a, m], [b, n]) => n.count - m.count || a - b).slice(0, limit)
    const texts = await commandTexts(
      db,
      uid,
      most.map(([number]) => number),
      snapshot,
    )
    return most.map(([number, tally]) => ({ command: texts.get(number)!, ...tally }))
  } finally {
    await snapshot.close()
  }
}
