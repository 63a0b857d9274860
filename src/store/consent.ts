// What each person (uid) on this node decided about sharing; the file's `[sharing]` holds until they decide.
import type { Database } from './database.ts'
import { makeKey } from './keyspace.ts'
import { decodeValue, encodeValue } from './value.ts'

export interface ConsentRecord {
  readonly uid: number
  /** Node ids, `team:x`, `role:x` or `*`: who may have level 1. */
  readonly allow_peers: readonly string[]
  /** Likewise for level 2. */
  readonly allow_supervisors: readonly string[]
  /** Likewise: who may have nothing, whatever the two lists above say. */
  readonly deny_peers: readonly string[]
  /** Nothing to anybody. */
  readonly off: boolean
  /** Milliseconds since the epoch. */
  readonly decided_at: number
}

export interface ConsentRepository {
  /** Replaces this person's decision; durable (fsync) when it resolves. */
  put(record: ConsentRecord): Promise<void>
  get(uid: number): Promise<ConsentRecord | undefined>
}

const VALUE_VERSION = 1
const keyOf = (uid: number): Buffer => makeKey('consent', { u32: uid })

export function createConsentRepository(db: Database): ConsentRepository {
  return {
    async put(record) {
      // Withdrawn consent must not come back after a power cut, hence the fsync.
      await db.put(keyOf(record.uid), encodeValue(VALUE_VERSION, record), { sync: true })
    },
    async get(uid) {
      const bytes = await db.get(keyOf(uid))
      return bytes === undefined ? undefined : decodeValue<ConsentRecord>(VALUE_VERSION, bytes)
    },
  }
}
