// The sharing decisions of each person (uid) on this node; the file's `[sharing]` applies until they decide.
import type { Database } from '../level/database.ts'
import { type Checked, flag, listOf, maybe, oneOf, shape, text, whole } from '../level/is.ts'
import { makeKey } from '../level/keyspace.ts'
import { peopleIn } from '../level/table.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const who = listOf(text)
const parts = listOf(
  shape({
    who: text,
    categories: listOf(oneOf('tool_usage', 'activity_patterns', 'safety_stats', 'anomalies')),
  }),
)
const consent = shape({
  uid: whole,
  /** Node ids, `team:x`, `role:x` or `*`: who may have level 1. */
  allow_peers: who,
  /** Likewise for level 2. */
  allow_supervisors: who,
  /** Likewise: who may have nothing, whatever the two lists above say. */
  deny_peers: who,
  /** Likewise: who may have some categories, besides what the first two lists give. */
  allow_only: parts,
  /** Likewise: who may not have some categories, whatever the lists that allow say. */
  deny_only: parts,
  /** How far anomalies leave; absent: the file holds. */
  anomalies: maybe(oneOf('off', 'anonymous', 'identified')),
  /** Nothing to anybody. */
  off: flag,
  /** Milliseconds since the epoch. */
  decided_at: whole,
})
export type ConsentRecord = Checked<typeof consent>

export type ConsentRepository = ReturnType<typeof createConsentRepository>

/** The one number that is not a uid (uid_t -1). It stands for everybody without a decision that is known. */
export const EVERYBODY_ELSE = 0xffff_ffff

/** Without categories, as releases wrote it that knew none. */
const PLAIN_VERSION = 1
/** A release that cannot read what was withdrawn must refuse, and not share it: hence a version of its own. */
const PARTS_VERSION = 2
/** With a choice about anomalies; likewise, because a release that does not know the choice would lose it. */
const CHOICE_VERSION = 3
const NO_PARTS = { allow_only: [], deny_only: [] }
const keyOf = (uid: number): Buffer => makeKey('consent', { u32: uid })

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isConsentRow(key: Uint8Array, value: Uint8Array): boolean {
  const record = readConsent(value)
  return consent(record) && keyOf(record.uid).equals(key)
}

/** A stored value, of any version. Throws when it is damaged. */
function readConsent(bytes: Uint8Array): ConsentRecord {
  const version = bytes[0] === PLAIN_VERSION || bytes[0] === CHOICE_VERSION ? bytes[0] : PARTS_VERSION
  return { ...NO_PARTS, ...decodeValue<ConsentRecord>(bytes, version) }
}

/** Every question asks for the consent of each person of this machine. */
const KNOWN_MAX = 1_024

/** Decisions as they are on disk, by uid; undefined where there is none. */
type Known = Map<number, ConsentRecord | undefined>

/** One for each database, since any repository of it may write. */
const kept = new WeakMap<Database, { known: Known }>()

export function createConsentRepository(db: Database) {
  const cache = kept.get(db) ?? { known: new Map() }
  kept.set(db, cache)
  const forget = (): void => {
    cache.known = new Map()
  }
  return {
    /** Everybody who decided something, and who stands for all others. */
    everybody: async () => [...(await peopleIn(db, 'consent')), EVERYBODY_ELSE],
    /** Replaces this person's decision; durable (fsync) when it resolves. */
    async put(record: ConsentRecord) {
      // Withdrawn consent must not come back after a power cut, hence the fsync.
      const { allow_only, deny_only, anomalies, ...plain } = record
      const value =
        anomalies !== undefined
          ? encodeValue(record, CHOICE_VERSION)
          : allow_only.length === 0 && deny_only.length === 0
            ? encodeValue(plain, PLAIN_VERSION)
            : encodeValue({ allow_only, deny_only, ...plain }, PARTS_VERSION)
      try {
        await db.put(keyOf(record.uid), value, { sync: true })
      } finally {
        // Later reads fill a new map; a read that began earlier fills the old one.
        forget()
      }
    },
    /** Undefined for a person who never decided. Where decisions may be lost, a refusal stands in for the missing one. */
    async get(uid: number) {
      const { known } = cache
      if (known.has(uid)) return known.get(uid)
      const [own, others] = await db.getMany([keyOf(uid), keyOf(EVERYBODY_ELSE)])
      const bytes = own ?? others
      const record = bytes === undefined ? undefined : { ...readConsent(bytes), uid }
      if (known.size < KNOWN_MAX) known.set(uid, record)
      return record
    },
  }
}
