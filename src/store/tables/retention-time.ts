// The time by which this node last removed old data; a clock that leaps is compared with it.
import type { Database } from '../level/database.ts'
import { natural } from '../level/is.ts'
import { makeKey } from '../level/keyspace.ts'
import type { Rows } from '../level/table.ts'
import { encodeValue, readValue } from '../level/value.ts'

const KEY = makeKey('meta', { text: 'retention_time' })

export function createRetentionTimeRepository(db: Database) {
  return {
    /** Milliseconds since the epoch; undefined before the first time, and where the row is damaged. */
    async get() {
      const value = await db.get(KEY)
      const time = value && readValue(value)
      return natural(time) ? time : undefined
    },
    async put(time: number) {
      await db.put(KEY, encodeValue(Math.floor(time)))
    },
  }
}

/**
 * Removes the rows whose time is over at `now` and was over when old data was last removed, so that a clock that leaps ahead removes
 * nothing. Resolves with how many were removed.
 */
export async function removeOver(
  db: Database,
  rows: Rows<{ readonly id: string; readonly expires_at: number | null }>,
  person: number,
  now: number,
): Promise<number> {
  const time = Math.min(now, (await createRetentionTimeRepository(db).get()) ?? 0)
  const over = (await rows.all(person)).filter(({ expires_at }) => expires_at !== null && expires_at <= time)
  if (over.length > 0) await rows.write(person, { remove: over.map(({ id }) => id) })
  return over.length
}
