// Combines the writes of several repositories in one turn of the event loop into one batch, because each batch costs a
// thread and an fsync.
import type { Change, Database } from './database.ts'

interface Pending {
  readonly changes: Change[]
  sync: boolean
  readonly written: Promise<void>
}

/** Changes that wait for the end of the turn; a database that is closed and forgotten takes its entry along. */
const pendings = new WeakMap<Database, Pending>()
/** Read when the module loads, so that tests with a stopped clock do not stop the disk. */
const atEndOfTurn = setImmediate

/**
 * Writes `changes` together with everything else that is written in this way until the turn ends: all of it or nothing.
 * Resolves when it is written, on disk (fsync) if any part of it asked for `sync`. Of two changes of one key the later
 * call holds. Rejects with the error of the database, for every caller of that batch.
 */
export function writeWithTurn(
  db: Database,
  changes: readonly Change[],
  { sync = false } = {},
): Promise<void> {
  let pending = pendings.get(db)
  if (pending === undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const opened: Pending = { changes: [], sync: false, written: promise }
    pending = opened
    pendings.set(db, opened)
    atEndOfTurn(() => {
      pendings.delete(db)
      // A closed database throws at once.
      Promise.resolve()
        .then(() => db.batch(opened.changes, { sync: opened.sync }))
        .then(resolve, reject)
    })
  }
  for (const change of changes) pending.changes.push(change)
  pending.sync ||= sync
  return pending.written
}
