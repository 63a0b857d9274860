// What each person (uid) on this node decided about sharing; the file's `[sharing]` holds until they decide.
import type { Database } from '../level/database.ts'
import { makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

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
  /** Undefined for a person who never decided. Where decisions may be lost, a refusal stands in for the missing one. */
  get(uid: number): Promise<ConsentRecord | undefined>
}

/** The one number that is no uid (uid_t -1): a decision of whose it is not known any more. */
export const EVERYBODY_ELSE = 0xffff_ffff

const VALUE_VERSION = 1
const keyOf = (uid: number): Buffer => makeKey('consent', { u32: uid })

export function createConsentRepository(db: Database): ConsentRepository {
  return {
    async put(record) {
      // Withdrawn consent must not come back after a power cut, hence the fsync.
      await db.put(keyOf(record.uid), encodeValue(VALUE_VERSION, record), { sync: true })
    },
    async get(uid) {
      const [own, others] = await db.getMany([keyOf(uid), keyOf(EVERYBODY_ELSE)])
      const bytes = own ?? others
      return bytes === undefined ? undefined : { ...decodeValue<ConsentRecord>(VALUE_VERSION, bytes), uid }
    },
  }
}
