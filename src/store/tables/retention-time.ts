// The time by which this node last removed old data; a clock that leaps is compared with it.
import type { Database } from '../level/database.ts'
import { natural } from '../level/is.ts'
import { makeKey } from '../level/keyspace.ts'
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
