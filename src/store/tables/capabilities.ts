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

const held = defineTable({ keyspace: 'capabilities', kind: 1, value: capability })
const revoked = defineTable({
  keyspace: 'capabilities',
  kind: 2,
  value: shape({ until: whole }),
  pack: ({ until }: RevokedRow) => ({ until }),
  unpack: ({ until }, id) => ({ id, until }),
})

export type CapabilityRepository = ReturnType<typeof createCapabilityRepository>

export function createCapabilityRepository(db: Database) {
  const [chains, ended] = [held.in(db), revoked.in(db)]
  return {
    /** A damaged row is left out: it allows nothing. Of what is revoked a damaged row is kept, with its id from the key. */
    async load() {
      const until = new Map((await ended.all()).map((row) => [row.id, row.until]))
      const ids = await ended.ids()
      return {
        held: await chains.all(),
        revoked: ids.map((id) => ({ id, until: until.get(id) ?? Number.MAX_SAFE_INTEGER })),
      }
    },
    /** Durable (fsync) when it resolves. */
    put: (row: CapabilityRow) => chains.write({ put: [row] }),
    /** Removes chains and notes revoked ids, all or nothing; durable when it resolves. */
    end: ({
      remove,
      revoked: put,
    }: {
      readonly remove: readonly string[]
      readonly revoked: readonly RevokedRow[]
    }) => db.batch([...held.changes({ remove }), ...revoked.changes({ put })], { sync: true }),
    /** Forgets revoked ids that are over. */
    forget: (remove: readonly string[]) => ended.write({ remove, lazy: true }),
  }
}
