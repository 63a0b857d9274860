// The nodes that this node knows: a person's decision about each key, when members were seen, and strangers in the lobby.
import { toHex } from '../../base/hex.ts'
import type { Database } from '../level/database.ts'
import { bytes, type Checked, flag, listOf, maybe, orNull, shape, text, whole } from '../level/is.ts'
import { defineTable, rowOfAny } from '../level/table.ts'

type Keys = readonly [Uint8Array, ...Uint8Array[]]

const decision = shape({
  /**
   * Public keys (32 bytes) of the member, the first one first: a decision is about all of them. A member that never
   * rotated its key has one. The first is the record's key and never changes.
   */
  keys: (value: unknown): value is Keys => listOf(bytes)(value) && value.length > 0,
  /** Keys that the person chose where a key had several successors. */
  chosen: maybe(listOf(bytes)),
  /** Trust level the person gave, if they gave one. The trust room says what it opens. */
  level: orNull(text),
  /** The name that people here gave the member; empty if none. */
  name: text,
  /** False: the member gave itself the name, and it is kept to say whom people refused. Older records do not say. */
  name_chosen: maybe(flag),
  roles: listOf(text),
  teams: listOf(text),
  denied: flag,
  revoked: flag,
  /** Milliseconds since the epoch. */
  decided_at: whole,
})
/** One person's decision about one member. */
export type DecisionRecord = Checked<typeof decision>

const sighting = shape({
  key: bytes,
  name: text,
  /** Multiaddrs, newest first. */
  addresses: listOf(text),
  last_seen: whole,
  offline: flag,
  /** Public key of the admitted member that announced the member; absent for a member that was connected to this node. */
  sponsor: maybe(bytes),
})
/** A member as it was last seen. */
export type SightingRecord = Checked<typeof sighting>

const stranger = shape({
  key: bytes,
  name: text,
  addresses: listOf(text),
  first_seen: whole,
  last_seen: whole,
})
/** A verified key that stood in the lobby, without a person's decision. */
export type StrangerRecord = Checked<typeof stranger>

/** Changes for one batch; removals name the record's key. */
export interface MemberChanges {
  readonly decisions?: readonly DecisionRecord[]
  readonly sightings?: readonly SightingRecord[]
  readonly strangers?: readonly StrangerRecord[]
  readonly forget_sightings?: readonly Uint8Array[]
  readonly forget_strangers?: readonly Uint8Array[]
}

// members ‖ kind ‖ public key
const of = { keyspace: 'members', ids: 'hex' } as const
const decisions = defineTable({
  ...of,
  kind: 1,
  strict: true,
  value: decision,
  idOf: ({ keys }) => toHex(keys[0]),
})
const sightings = defineTable({ ...of, kind: 2, value: sighting, idOf: ({ key }) => toHex(key) })
const strangers = defineTable({ ...of, kind: 3, value: stranger, idOf: ({ key }) => toHex(key) })

export const isMemberRow = rowOfAny(decisions, sightings, strangers)
export type MemberRepository = ReturnType<typeof createMemberRepository>

export const createMemberRepository = (db: Database) => ({
  /** Everything; the trust room bounds how much there is. */
  load: async () => ({
    decisions: await decisions.in(db).all(),
    sightings: await sightings.in(db).all(),
    strangers: await strangers.in(db).all(),
  }),
  /** One atomic batch, with fsync when it holds a decision: a denial must survive a power cut. */
  write: (changes: MemberChanges) =>
    db.batch(
      [
        ...decisions.changes({ put: changes.decisions }),
        ...sightings.changes({ put: changes.sightings, remove: changes.forget_sightings?.map(toHex) }),
        ...strangers.changes({ put: changes.strangers, remove: changes.forget_strangers?.map(toHex) }),
      ],
      { sync: (changes.decisions ?? []).length > 0 },
    ),
})
