// Level 0: actions that wait for a person's yes, with their exact words, and the log of what was decided.
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

/** A row of the approvals room; the store knows only the fields by which it is found. */
export interface StoredApproval {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly created_at: number
  /** Number of the person whose affair it is; null: of nobody on this machine. */
  readonly person: number | null
}

export interface ApprovalRepository<Open extends StoredApproval, Ended extends StoredApproval> {
  /** Requests that are not over. A damaged row is left out: it approves nothing. */
  open(): Promise<readonly Open[]>
  /** Durable (fsync) when it resolves. */
  put(row: Open): Promise<void>
  /** Takes the request away and writes what became of it, both or neither; durable when it resolves. */
  end(id: string, ended: Ended): Promise<void>
  /** Past requests and their outcome, newest first. */
  log(limit: number): Promise<readonly Ended[]>
  /** Keeps the newest `most` entries of the log. */
  trim(most: number): Promise<void>
  /** Removes everything of one person; durable when it resolves. */
  clear(person: number): Promise<void>
}

const VALUE_VERSION = 1
// approvals ‖ kind of row ‖ id, or time ‖ id
const OPEN = { bytes: Uint8Array.of(1) }
const ENDED = { bytes: Uint8Array.of(2) }

export function createApprovalRepository<Open extends StoredApproval, Ended extends StoredApproval>(
  db: Database,
): ApprovalRepository<Open, Ended> {
  const openKey = (id: string): Buffer => makeKey('approvals', OPEN, { text: id })
  const endedKey = ({ created_at, id }: Ended): Buffer =>
    makeKey('approvals', ENDED, { u64: created_at }, { text: id })
  const rows = async <Row extends StoredApproval>(values: Promise<readonly Uint8Array[]>) =>
    (await values).flatMap((bytes) => read<Row>(bytes) ?? [])

  return {
    open: () => rows<Open>(db.values(keyRange('approvals', OPEN)).all()),
    async put(row) {
      await db.put(openKey(row.id), encodeValue(VALUE_VERSION, row), { sync: true })
    },
    async end(id, ended) {
      const changes: readonly Change[] = [
        delRow(openKey(id)),
        putRow(endedKey(ended), encodeValue(VALUE_VERSION, ended)),
      ]
      await db.batch([...changes], { sync: true })
    },
    log: (limit) => rows<Ended>(db.values({ ...keyRange('approvals', ENDED), reverse: true, limit }).all()),
    async trim(most) {
      const keys = await db.keys({ ...keyRange('approvals', ENDED), reverse: true }).all()
      await db.batch(keys.slice(most).map((key) => delRow(key)))
    },
    async clear(person) {
      const changes: Change[] = []
      for await (const [key, bytes] of db.iterator(keyRange('approvals')))
        if (read<StoredApproval>(bytes)?.person === person) changes.push(delRow(key))
      await db.batch(changes, { sync: true })
    },
  }
}

/** Undefined for a damaged one. */
function read<Row extends StoredApproval>(bytes: Uint8Array): Row | undefined {
  try {
    const row = decodeValue<Row>(VALUE_VERSION, bytes)
    return typeof row.id === 'string' && Number.isSafeInteger(row.created_at) ? row : undefined
  } catch {
    return undefined
  }
}
