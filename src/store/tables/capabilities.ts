// Capabilities that this machine granted or received, as signed chains, and the ids of revoked ones.
import type { Database } from '../level/database.ts'
import { bytes, type Checked, shape, text, whole } from '../level/is.ts'
import { defineTable } from '../level/table.ts'

/** `id`: of the last document of the chain, 32 hex digits. `chain`: as the capabilities room writes it. */
const capability = shape({ id: text, chain: bytes })
export type CapabilityRow = Checked<typeof capability>

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

const held = defineTable({ keyspace: 'capabilities', kind: 1, value: capability })
const revoked = defineTable({
  keyspace: 'capabilities',
  kind: 2,
  value: shape({ until: whole }),
  pack: ({ until }: RevokedRow) => ({ until }),
  unpack: ({ until }, id) => ({ id, until }),
})

export function createCapabilityRepository(db: Database): CapabilityRepository {
  const [chains, ended] = [held.in(db), revoked.in(db)]
  return {
    async load() {
      const until = new Map((await ended.all()).map((row) => [row.id, row.until]))
      const ids = await ended.ids()
      return {
        held: await chains.all(),
        revoked: ids.map((id) => ({ id, until: until.get(id) ?? Number.MAX_SAFE_INTEGER })),
      }
    },
    put: (row) => chains.write({ put: [row] }),
    end: ({ remove, revoked: put }) =>
      db.batch([...held.changes({ remove }), ...revoked.changes({ put })], { sync: true }),
    forget: (remove) => ended.write({ remove, lazy: true }),
  }
}
