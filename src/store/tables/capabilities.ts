// Capabilities that this machine granted or received, as signed chains, and the ids of revoked ones.
import { type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

export interface CapabilityRow {
  /** Of the last document of the chain, 32 hex digits. */
  readonly id: string
  /** The chain as the capabilities room writes it. */
  readonly chain: Uint8Array
}

export interface RevokedRow {
  readonly id: string
  /** Milliseconds since the epoch: the document is over by then without being revoked. */
  readonly until: number
}

export interface CapabilityRepository {
  /** A damaged row is left out: it allows nothing. Of what is revoked a damaged row is kept, with its id from the key. */
  load(): Promise<{ readonly held: readonly CapabilityRow[]; readonly revoked: readonly RevokedRow[] }>
  /** Durable (fsync) when it resolves. */
  put(row: CapabilityRow): Promise<void>
  /** Removes chains and notes revoked ids, all or nothing; durable when it resolves. */
  end(change: { readonly remove: readonly string[]; readonly revoked: readonly RevokedRow[] }): Promise<void>
  /** Forgets revoked ids that are over. */
  forget(ids: readonly string[]): Promise<void>
}

const VALUE_VERSION = 1
const HELD = { bytes: Uint8Array.of(1) }
const REVOKED = { bytes: Uint8Array.of(2) }
/** Bytes of a key before its id. */
const ID_AT = 2

export function createCapabilityRepository(db: Database): CapabilityRepository {
  const heldKey = (id: string): Buffer => makeKey('capabilities', HELD, { text: id })
  const revokedKey = (id: string): Buffer => makeKey('capabilities', REVOKED, { text: id })
  return {
    async load() {
      const held = (await db.values(keyRange('capabilities', HELD)).all()).flatMap((bytes) => {
        try {
          const row = decodeValue<CapabilityRow>(VALUE_VERSION, bytes)
          return typeof row.id === 'string' && row.chain instanceof Uint8Array ? [row] : []
        } catch {
          return []
        }
      })
      const revoked: RevokedRow[] = []
      for await (const [key, bytes] of db.iterator(keyRange('capabilities', REVOKED)))
        revoked.push({ id: Buffer.from(key).subarray(ID_AT).toString('utf8'), until: untilOf(bytes) })
      return { held, revoked }
    },
    async put(row) {
      await db.put(heldKey(row.id), encodeValue(VALUE_VERSION, row), { sync: true })
    },
    async end({ remove, revoked }) {
      await db.batch(
        [
          ...remove.map((id) => delRow(heldKey(id))),
          ...revoked.map(({ id, until }) => putRow(revokedKey(id), encodeValue(VALUE_VERSION, { until }))),
        ],
        { sync: true },
      )
    },
    async forget(ids) {
      await db.batch(ids.map((id) => delRow(revokedKey(id))))
    },
  }
}

function untilOf(bytes: Uint8Array): number {
  try {
    const { until } = decodeValue<{ until: number }>(VALUE_VERSION, bytes)
    return Number.isSafeInteger(until) ? until : Number.MAX_SAFE_INTEGER
  } catch {
    return Number.MAX_SAFE_INTEGER
  }
}
