// Level 0: actions that wait for a person's yes, with their exact words, and the log of what was decided.
import { toHex } from '../../base/hex.ts'
import type { Database } from '../level/database.ts'
import { type Checked, type Is, orNull, shape, text, whole } from '../level/is.ts'
import { defineTable } from '../level/table.ts'

const stored = shape({
  id: text,
  /** Milliseconds since the epoch. */
  created_at: whole,
  /** Number of the person whose affair it is; null: of nobody on this machine. */
  person: orNull(whole),
})
/** A row of the approvals room; the store knows only the fields by which it is found. */
export type StoredApproval = Checked<typeof stored>

export type ApprovalRepository<Open extends StoredApproval, Ended extends StoredApproval> = ReturnType<
  typeof createApprovalRepository<Open, Ended>
>

export function createApprovalRepository<Open extends StoredApproval, Ended extends StoredApproval>(
  db: Database,
) {
  // approvals ‖ kind ‖ id, or time ‖ id
  const waiting = defineTable<Open>({ keyspace: 'approvals', kind: 1, value: stored as Is<Open> })
  const past = defineTable<Ended>({
    keyspace: 'approvals',
    kind: 2,
    ids: 'hex',
    value: stored as Is<Ended>,
    idOf: placeOf,
  })
  const [open, ended] = [waiting.in(db), past.in(db)]
  return {
    /** Requests that are not over. A damaged row is left out: it approves nothing. */
    open: open.all,
    /** Durable (fsync) when it resolves. */
    put: (row: Open) => open.write({ put: [row] }),
    /** Takes the request away and writes what became of it, both or neither; durable when it resolves. */
    end: (id: string, row: Ended) =>
      db.batch([...waiting.changes({ remove: [id] }), ...past.changes({ put: [row] })], { sync: true }),
    /** Past requests and their outcome, newest first. */
    log: async () => (await ended.all()).toReversed(),
    /** Keeps the newest `most` (from 1) entries of the log. */
    async trim(most: number) {
      await ended.write({ remove: (await ended.ids()).slice(0, -most), lazy: true })
    },
    /** Removes everything of one person; durable when it resolves. */
    async clear(person: number) {
      const isTheirs = (row: StoredApproval): boolean => row.person === person
      const asked = (await open.all()).filter(isTheirs).map(({ id }) => id)
      const over = (await ended.all()).filter(isTheirs).map(placeOf)
      await db.batch([...waiting.changes({ remove: asked }), ...past.changes({ remove: over })], {
        sync: true,
      })
    },
  }
}

/** By time, then by id. */
const placeOf = ({ created_at, id }: StoredApproval): string =>
  created_at.toString(16).padStart(16, '0') + toHex(Buffer.from(id))
