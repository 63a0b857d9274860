// A node's data about its mesh: the root that it trusts, its own certificates, and invites without their secrets.
import { type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

/** The mesh this node belongs to. */
export interface MembershipRecord {
  /** Public key of the root, 32 bytes. */
  readonly root: Uint8Array
  /** Milliseconds since the epoch. */
  readonly joined_at: number
  /** This node's certificates, from the one of the root on. */
  readonly chain: readonly Uint8Array[]
}

/** An invite that this node is about to use. Its secret has to be kept until the inviter has answered. */
export interface JoiningRecord {
  readonly secret: Uint8Array
  readonly commitment: Uint8Array
  readonly expires_at: number
  /** The root that has to answer, if that is known beforehand. */
  readonly root: Uint8Array | null
  /** `host:port` to look for the inviter at, beside mDNS. */
  readonly places: readonly string[]
}

/** An invite that this node gave out. */
export interface InviteRecord {
  /** 16 hex digits, derived from the secret. */
  readonly id: string
  /** Public key that it names as the inviter; a row of an earlier release has none. */
  readonly inviter?: Uint8Array
  /** Derived from the secret: proves, and does not tell it. */
  readonly key: Uint8Array
  readonly made_at: number
  readonly expires_at: number
  readonly uses: number
  /** Public keys of the nodes that used it. */
  readonly used: readonly Uint8Array[]
  readonly failures: number
  readonly cancelled: boolean
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Who has the machines. */
  readonly owner?: string | undefined
  /** The account that made it; a row of an earlier release has none. */
  readonly made_by?: string
}

export interface FleetRepository {
  load(): Promise<{
    readonly membership: MembershipRecord | undefined
    readonly joining: JoiningRecord | undefined
    readonly invites: readonly InviteRecord[]
  }>
  /** One batch, durable (fsync) when it resolves: an invite that was used must stay so after a power cut. Null removes. */
  write(changes: {
    readonly membership?: MembershipRecord | null
    readonly joining?: JoiningRecord | null
    readonly invites?: readonly InviteRecord[]
    readonly forget_invites?: readonly string[]
  }): Promise<void>
}

const VALUE_VERSION = 1
const MEMBERSHIP = makeKey('fleet', { text: 'membership' })
const JOINING = makeKey('fleet', { text: 'joining' })
const inviteKey = (id: string): Buffer => makeKey('fleet', { text: `invite ${id}` })

export function createFleetRepository(db: Database): FleetRepository {
  const one = async <T>(key: Buffer): Promise<T | undefined> => {
    const bytes = await db.get(key)
    return bytes === undefined ? undefined : decodeValue<T>(VALUE_VERSION, bytes)
  }
  return {
    async load() {
      const invites = await db.values(keyRange('fleet', { text: 'invite ' })).all()
      return {
        membership: await one<MembershipRecord>(MEMBERSHIP),
        joining: await one<JoiningRecord>(JOINING),
        invites: invites.map((bytes) => decodeValue<InviteRecord>(VALUE_VERSION, bytes)),
      }
    },
    async write({ membership, joining, invites = [], forget_invites = [] }) {
      const put = (key: Buffer, record: unknown) => putRow(key, encodeValue(VALUE_VERSION, record))
      const change = (key: Buffer, record: unknown) =>
        record === undefined ? [] : [record === null ? delRow(key) : put(key, record)]
      await db.batch(
        [
          ...change(MEMBERSHIP, membership),
          ...change(JOINING, joining),
          ...invites.map((record) => put(inviteKey(record.id), record)),
          ...forget_invites.map((id) => delRow(inviteKey(id))),
        ],
        { sync: true },
      )
    },
  }
}

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isFleetRow(key: Uint8Array, value: Uint8Array): boolean {
  const record = decodeValue<Partial<InviteRecord> | null>(VALUE_VERSION, value)
  if (typeof record !== 'object' || record === null) return false
  const isInvite = Buffer.from(key).subarray(1).toString('latin1').startsWith('invite ')
  return (
    !isInvite ||
    (Array.isArray(record.used) && Number.isSafeInteger(record.uses) && inviteKey(`${record.id}`).equals(key))
  )
}
