// The nodes that this node knows: a person's decision about each key, when members were seen, and strangers in the lobby.
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

/** One person's decision about one member. */
export interface DecisionRecord {
  /**
   * Public keys (32 bytes) of the member, the first one first: a decision is about all of them. A member that never
   * rotated its key has one. The first is the record's key and never changes.
   */
  readonly keys: readonly [Uint8Array, ...Uint8Array[]]
  /** Keys that the person chose where a key had several successors. */
  readonly chosen?: readonly Uint8Array[] | undefined
  /** Trust level the person gave, if they gave one. The trust room says what it opens. */
  readonly level: string | null
  /** The name that people here gave the member; empty if none. */
  readonly name: string
  /** False: the member gave itself the name, and it is kept to say whom people refused. Older records do not say. */
  readonly name_chosen?: boolean
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  readonly denied: boolean
  readonly revoked: boolean
  /** Milliseconds since the epoch. */
  readonly decided_at: number
}

/** A member as it was last seen. */
export interface SightingRecord {
  readonly key: Uint8Array
  readonly name: string
  /** Multiaddrs, newest first. */
  readonly addresses: readonly string[]
  readonly last_seen: number
  readonly offline: boolean
  /** Public key of the admitted member that announced the member; absent for a member that was connected to this node. */
  readonly sponsor?: Uint8Array
}

/** A verified key that stood in the lobby, without a person's decision. */
export interface StrangerRecord {
  readonly key: Uint8Array
  readonly name: string
  readonly addresses: readonly string[]
  readonly first_seen: number
  readonly last_seen: number
}

/** Changes for one batch; removals name the record's key. */
export interface MemberChanges {
  readonly decisions?: readonly DecisionRecord[]
  readonly sightings?: readonly SightingRecord[]
  readonly strangers?: readonly StrangerRecord[]
  readonly forget_sightings?: readonly Uint8Array[]
  readonly forget_strangers?: readonly Uint8Array[]
}

export interface MemberRepository {
  /** Everything; the trust room bounds how much there is. */
  load(): Promise<{
    readonly decisions: readonly DecisionRecord[]
    readonly sightings: readonly SightingRecord[]
    readonly strangers: readonly StrangerRecord[]
  }>
  /** One atomic batch, with fsync when it holds a decision: a denial must survive a power cut. */
  write(changes: MemberChanges): Promise<void>
}

const VALUE_VERSION = 1
// members ‖ kind ‖ public key
const KIND = { decision: 1, sighting: 2, stranger: 3 } as const
type Kind = (typeof KIND)[keyof typeof KIND]

export function createMemberRepository(db: Database): MemberRepository {
  const all = async <T>(kind: Kind): Promise<T[]> => {
    const values = await db.values(keyRange('members', { bytes: Uint8Array.of(kind) })).all()
    return values.map((bytes) => decodeValue<T>(VALUE_VERSION, bytes))
  }
  return {
    async load() {
      return {
        decisions: await all<DecisionRecord>(KIND.decision),
        sightings: await all<SightingRecord>(KIND.sighting),
        strangers: await all<StrangerRecord>(KIND.stranger),
      }
    },
    async write(changes) {
      const { decisions = [], sightings = [], strangers = [] } = changes
      const batch: Change[] = [
        ...(changes.forget_sightings ?? []).map((key) => remove(KIND.sighting, key)),
        ...(changes.forget_strangers ?? []).map((key) => remove(KIND.stranger, key)),
        ...decisions.map((record) => put(KIND.decision, record.keys[0], record)),
        ...sightings.map((record) => put(KIND.sighting, record.key, record)),
        ...strangers.map((record) => put(KIND.stranger, record.key, record)),
      ]
      await db.batch(batch, { sync: decisions.length > 0 })
    },
  }
}

const keyOf = (kind: Kind, publicKey: Uint8Array): Buffer =>
  makeKey('members', { bytes: Uint8Array.of(kind) }, { bytes: publicKey })

const put = (kind: Kind, publicKey: Uint8Array, record: unknown): Change =>
  putRow(keyOf(kind, publicKey), encodeValue(VALUE_VERSION, record))

const remove = (kind: Kind, publicKey: Uint8Array): Change => delRow(keyOf(kind, publicKey))
