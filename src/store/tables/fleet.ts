// A node's data about its mesh: the root that it trusts, its own certificates, and invites without their secrets.
import type { Database } from '../level/database.ts'
import { bytes, type Checked, flag, listOf, maybe, orNull, shape, text, whole } from '../level/is.ts'
import { defineTable, rowOfAny, type Table } from '../level/table.ts'

const membership = shape({
  /** Public key of the root, 32 bytes. */
  root: bytes,
  /** Milliseconds since the epoch. */
  joined_at: whole,
  /** This node's certificates, from the one of the root on. */
  chain: listOf(bytes),
})
/** The mesh this node belongs to. */
export type MembershipRecord = Checked<typeof membership>

const joining = shape({
  secret: bytes,
  commitment: bytes,
  expires_at: whole,
  /** The root that has to answer, if that is known beforehand. */
  root: orNull(bytes),
  /** `host:port` to look for the inviter at, beside mDNS. */
  places: listOf(text),
})
/** An invite that this node is about to use. Its secret has to be kept until the inviter has answered. */
export type JoiningRecord = Checked<typeof joining>

const invite = shape({
  /** 16 hex digits, derived from the secret. */
  id: text,
  /** Public key that it names as the inviter; a row of an earlier release has none. */
  inviter: maybe(bytes),
  /** Derived from the secret: proves, and does not tell it. */
  key: bytes,
  made_at: whole,
  expires_at: whole,
  uses: whole,
  /** Public keys of the nodes that used it. */
  used: listOf(bytes),
  failures: whole,
  cancelled: flag,
  roles: listOf(text),
  teams: listOf(text),
  /** Who has the machines. */
  owner: maybe(text),
  /** The account that made it; a row of an earlier release has none. */
  made_by: maybe(text),
})
/** An invite that this node gave out. */
export type InviteRecord = Checked<typeof invite>

const [MEMBERSHIP, JOINING, INVITE] = ['membership', 'joining', 'invite '] as const
const of = { keyspace: 'fleet' } as const
const memberships = defineTable({ ...of, strict: true, value: membership, idOf: () => MEMBERSHIP })
const joinings = defineTable({ ...of, value: joining, idOf: () => JOINING })
const invites = defineTable({ ...of, strict: true, value: invite, idOf: ({ id }) => `${INVITE}${id}` })

export const isFleetRow = rowOfAny(memberships, joinings, invites)
export type FleetRepository = ReturnType<typeof createFleetRepository>

export const createFleetRepository = (db: Database) => ({
  load: async () => ({
    membership: await memberships.in(db).get(MEMBERSHIP),
    joining: await joinings.in(db).get(JOINING),
    invites: await invites.in(db).all(INVITE),
  }),
  /** One batch, durable (fsync) when it resolves: an invite that was used must stay so after a power cut. Null removes. */
  write: (changes: {
    readonly membership?: MembershipRecord | null
    readonly joining?: JoiningRecord | null
    readonly invites?: readonly InviteRecord[]
    readonly forget_invites?: readonly string[]
  }) =>
    db.batch(
      [
        ...one(memberships, MEMBERSHIP, changes.membership),
        ...one(joinings, JOINING, changes.joining),
        ...invites.changes({
          put: changes.invites,
          remove: changes.forget_invites?.map((id) => `${INVITE}${id}`),
        }),
      ],
      { sync: true },
    ),
})

const one = <Row>(table: Table<Row, []>, id: string, row: Row | null | undefined) =>
  row === undefined ? [] : table.changes(row === null ? { remove: [id] } : { put: [row] })
