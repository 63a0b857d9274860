// Every row of the database as it is at one moment, in pieces; and a new database made of such pieces.
import { syncFilesOf } from '../base/files.ts'
import { type Change, type Database, flush, newDatabase, putRow } from './level/database.ts'
import { makeKey } from './level/keyspace.ts'
import { pages } from './level/pages.ts'
import { writeClosed } from './rescue/leveldb/closed.ts'
import { NEWEST_SCHEMA, PEOPLE_SCHEMA, readSchemaOf } from './rescue/migrations.ts'
import { keyspaceOf } from './rescue/rows.ts'
import { type AuditRepository, createAuditRepository } from './tables/audit.ts'
import { type Closed, failClosed } from './tables/fail-closed.ts'
import { markRestored } from './tables/people.ts'

const PAGE = 1_000
/** Bytes of one piece; a piece is larger only where a single row is. */
const PIECE_BYTES = 1024 * 1024
const LENGTH = 4
/** Values that a restored database must not continue with, because another database has used later ones since. */
const LEFT_OUT = [makeKey('documents', { bytes: Uint8Array.of(3) }), makeKey('meta', { text: 'probe' })]

/**
 * Rows as u32 ‖ key ‖ u32 ‖ value, lengths big-endian. Of the moment of the first step, whatever is written meanwhile;
 * holds on to what is deleted meanwhile, so it should be read to its end, or ended.
 */
export async function* snapshot(db: Database): AsyncGenerator<Uint8Array, void> {
  const moment = db.snapshot()
  try {
    let piece = Buffer.allocUnsafe(PIECE_BYTES)
    let size = 0
    for await (const page of pages(db.iterator({ snapshot: moment }), PAGE)) {
      for (const [key, value] of page) {
        if (LEFT_OUT.some((one) => one.equals(key))) continue
        const length = 2 * LENGTH + key.length + value.length
        if (size + length > piece.length) {
          if (size > 0) yield piece.subarray(0, size)
          piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, length))
          size = 0
        }
        for (const part of [key, value]) {
          piece.writeUInt32BE(part.length, size)
          piece.set(part, size + LENGTH)
          size += LENGTH + part.length
        }
      }
    }
    if (size > 0) yield piece.subarray(0, size)
  } finally {
    await moment.close()
  }
}

/** Throws RangeError for bytes that are no piece of a snapshot. */
export function rowsOf(piece: Uint8Array): readonly (readonly [key: Uint8Array, value: Uint8Array])[] {
  const rows: (readonly [Uint8Array, Uint8Array])[] = []
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
  let at = 0
  const next = (): Uint8Array => {
    if (at + LENGTH > piece.length) throw new RangeError('a row ends early')
    const begin = at + LENGTH
    at = begin + view.getUint32(at)
    if (at > piece.length) throw new RangeError('a row ends early')
    return piece.subarray(begin, at)
  }
  while (at < piece.length) {
    const key = next()
    if (keyspaceOf(key) === undefined) throw new RangeError('a row of no kind that this version knows')
    rows.push([key, next()])
  }
  return rows
}

export interface Made {
  readonly rows: number
  readonly closed: Closed
}

/**
 * Writes the pieces into a new database in `directory`, durable when it resolves; it must not exist. What was decided
 * after the snapshot is not in it, so that it fails closed; `record` may append to its ledger. Throws RangeError as
 * `rowsOf` does, and when the rows are of a newer schema or say none.
 */
export async function createDatabase(
  directory: string,
  pieces: AsyncIterable<Uint8Array>,
  record: (ledger: AuditRepository, closed: Closed) => Promise<void>,
): Promise<Made> {
  const db = newDatabase(directory)
  await db.open({ errorIfExists: true })
  let count = 0
  let closed: Closed
  try {
    for await (const piece of pieces) {
      const rows = rowsOf(piece)
      count += rows.length
      await db.batch(rows.map(([key, value]): Change => putRow(key, value)))
    }
    const schema = await readSchemaOf(db)
    if (schema === undefined || schema > NEWEST_SCHEMA) throw new RangeError('the rows are of another schema')
    if (schema < PEOPLE_SCHEMA) await db.batch([markRestored()])
    closed = await failClosed(db)
    await record(createAuditRepository(db), closed)
    await flush(db)
  } finally {
    await db.close()
  }
  writeClosed(directory)
  syncFilesOf(directory)
  return { rows: count, closed }
}
