// Which command texts ran most often in a span of time: counted in the index, or from the keys of events and a byte of each.
import type { Limiter } from '../../base/async/limiter.ts'
import type { Level0 } from '../../base/level0/level0.ts'
import type { Database } from '../level/database.ts'
import { commandOfKey, eventsBetween, FLAGS_AT, UNTIMED_BIT } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { commandTexts } from './commands.ts'
import type { Recall } from './recall.ts'
import { FAILED_BIT, isEndKnown } from './rows.ts'

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
 * One person's from `since` until before `until` (ms since the epoch), most often first, then those that were first typed; at most `limit`.
 * Where so many events are not kept in the index, it reads each of them, a second for half a million; others have their turn in between.
 */
export async function mostUsed(
  { db, serially, recall }: { readonly db: Database; readonly serially: Limiter; readonly recall: Recall },
  uid: number,
  since: number,
  until: number,
  limit: number,
): Promise<readonly MostUsed[]> {
  /** By number; numbers without a use are left out. */
  const counts: { readonly number: number; count: number; failures: number; unknown: number }[] = []
  const add = (number: number, flags: number, isEnded: boolean): void => {
    // An event that was imported without a time belongs to no span.
    if (flags & UNTIMED_BIT) return
    counts[number] ??= { number, count: 0, failures: 0, unknown: 0 }
    const tally = counts[number]
    tally.count++
    if (flags & FAILED_BIT) tally.failures++
    if (!isEnded) tally.unknown++
  }
  const whole = await recall.whole(uid, since)
  const { isTold, snapshot } = await serially(async () => {
    const isTold = whole?.isTold() === true
    if (isTold)
      whole.index.each({ since, until }, (chunk, at) => {
        add(chunk.number[at]!, chunk.flags[at]!, whole.index.ended(chunk, at))
        return true
      })
    return { isTold, snapshot: db.snapshot() }
  })
  try {
    if (!isTold)
      for await (const page of pages(db.iterator({ ...eventsBetween(uid, since, until), snapshot }), PAGE)) {
        for (const [key, value] of page) add(commandOfKey(key), key[FLAGS_AT]!, isEndKnown(key, value))
      }
    const most = counts
      .flat()
      .sort((a, b) => b.count - a.count || a.number - b.number)
      .slice(0, limit)
    const texts = await commandTexts(
      db,
      uid,
      most.map(({ number }) => number),
      snapshot,
    )
    return most.map(({ number, ...tally }) => ({ command: texts.get(number)!, ...tally }))
  } finally {
    await snapshot.close()
  }
}
