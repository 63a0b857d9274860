// Secrets of people, encrypted before they come here.
import { type Database, delRow } from '../level/database.ts'
import { bytes, type Checked, listOf, orNull, shape, text, whole } from '../level/is.ts'
import { keyRange } from '../level/keyspace.ts'
import { definePeoplesTable, peopleIn, rowOfAny } from '../level/table.ts'
import { removeOver } from './retention-time.ts'

const header = shape({
  protection: text,
  salt: bytes,
  /** Grows with each rotation. */
  generation: whole,
  created_at: whole,
  rotated_at: whole,
  key: bytes,
  list: bytes,
})
/** The vault of one person: its key, sealed under the key that a passphrase or credential gives, and a sealed list of its secrets. */
export type VaultHeaderRow = Checked<typeof header>

const secret = shape({
  /** 32 hex digits. */
  id: text,
  name: text,
  /** Grows with each change. */
  version: whole,
  generation: whole,
  created_at: whole,
  changed_at: whole,
  expires_at: orNull(whole),
  note: text,
  /**
   * The agents that may have the secret, by BLAKE3 of the manifest that was looked at, 64 hex digits. Where tools are named,
   * such an agent may offer only these to be called.
   */
  allowed: listOf(shape({ agent: text, manifest: text, tools: listOf(text) })),
  sealed: bytes,
})
export type SecretRow = Checked<typeof secret>

const one = () => ''
const headers = definePeoplesTable({ keyspace: 'vault', kind: 1, value: header, idOf: one })
const secrets = definePeoplesTable({ keyspace: 'vault', kind: 2, value: secret })
/** Rows were lost, and the last ones may have said that somebody is not allowed any more. */
const losses = definePeoplesTable({
  keyspace: 'vault',
  kind: 3,
  value: (value: unknown): value is true => value === true,
  idOf: one,
})

export const isVaultRow = rowOfAny(headers, secrets, losses)
export type VaultRows = Awaited<ReturnType<VaultRepository['load']>>
export type VaultRepository = ReturnType<typeof createVaultRepository>

export function createVaultRepository(db: Database) {
  const kept = { headers: headers.in(db), secrets: secrets.in(db), losses: losses.in(db) }
  return {
    /** A damaged row is left out: the sealed list says that it is missing. */
    load: async (person: number) => ({
      header: await kept.headers.get(person, ''),
      secrets: await kept.secrets.all(person),
      loss: await kept.losses.has(person, ''),
    }),
    /** One batch, durable (fsync) when it resolves: all of it or nothing. A loss that was noted is over with it. */
    write: (
      person: number,
      {
        header: row,
        put = [],
        remove = [],
      }: {
        readonly header: VaultHeaderRow
        readonly put?: readonly SecretRow[]
        readonly remove?: readonly string[]
      },
    ) =>
      db.batch(
        [
          ...secrets.changes(person, { put, remove }),
          ...headers.changes(person, { put: [row] }),
          ...losses.changes(person, { remove: [''] }),
        ],
        { sync: true },
      ),
    /** Removes everything of one person; durable when it resolves. */
    async clear(person: number): Promise<void> {
      const keys = await db.keys(keyRange('vault', { u32: person })).all()
      await db.batch(keys.map(delRow), { sync: true })
    },
    /** Removes what was to be kept until `now` at most; returns how many. Durable when it resolves. */
    async removeExpired(now: number): Promise<number> {
      let gone = 0
      for (const person of await peopleIn(db, 'vault'))
        gone += await removeOver(db, kept.secrets, person, now)
      return gone
    },
  }
}

/** After a loss of rows: what was allowed last may have been taken back since, so that nobody is until somebody says so again. */
export async function noteLossOfVaults(db: Database): Promise<void> {
  const people = await peopleIn(db, 'vault')
  await db.batch(people.flatMap((person) => losses.changes(person, { put: [true] })))
}
