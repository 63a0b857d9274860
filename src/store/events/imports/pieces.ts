// The record of each import beside its events: the person, the source, and the ids of the events, in bounded pieces.
import { type Change, type Database, delRow, putRow } from '../../level/database.ts'
import { type Checked, natural, orNull, text, tuple, whole } from '../../level/is.ts'
import { readU32, UID_AT } from '../../level/key-of-event.ts'
import { keyRange, makeKey } from '../../level/keyspace.ts'
import { decodeValue, encodeValue, VALUE_VERSION } from '../../level/value.ts'

// imports ‖ uid ‖ kind ‖ number ‖ piece
const HEAD = { bytes: Uint8Array.of(1) }
const PIECE = { bytes: Uint8Array.of(2) }
/** The highest number that was ever given: an import that was undone leaves it, and none is given twice. */
const HIGHEST = { bytes: Uint8Array.of(3) }
const KIND_AT = UID_AT + 4
const NUMBER_AT = KIND_AT + 1
const PIECE_AT = NUMBER_AT + 4
/** u64 start in microseconds ‖ u32 tag. */
const ID_BYTES = 12

export interface ImportAbout {
  /** `bash`, `zsh`, `fish`, `atuin`, or `karo` for what karo export wrote. */
  readonly source: string
  /** The file as the person named it. */
  readonly file: string
  /** Milliseconds since the epoch. */
  readonly started_at: number
}

export interface ImportRecord extends ImportAbout {
  /** Number of the import, from 1 for each person. */
  readonly number: number
  /** Null: it was broken off, or is under way. */
  readonly finished_at: number | null
  /** Number of events that the import brought, without undone ones. */
  readonly events: number
}

export interface EventId {
  readonly start_us: number
  readonly tag: number
}

/** Source, file, beginning, end and number of events. */
const isHead = tuple(text, text, natural, orNull(whole), natural)
type HeadRow = Checked<typeof isHead>

const headKey = (uid: number, number: number): Buffer =>
  makeKey('imports', { u32: uid }, HEAD, { u32: number })
export const pieceKey = (uid: number, number: number, piece: number): Buffer =>
  makeKey('imports', { u32: uid }, PIECE, { u32: number }, { u32: piece })
export const numberOfPiece = (key: Uint8Array): number => readU32(key, NUMBER_AT)
/** The pieces of one import, or of all of a person's. */
export const piecesOf = (uid: number, number?: number): { gte: Buffer; lt: Buffer } =>
  number === undefined
    ? keyRange('imports', { u32: uid }, PIECE)
    : keyRange('imports', { u32: uid }, PIECE, { u32: number })
const highestKey = (uid: number): Buffer => makeKey('imports', { u32: uid }, HIGHEST)

export const putImport = (uid: number, record: ImportRecord): Change => {
  const { source, file, started_at, finished_at, events } = record
  const row: HeadRow = [source, file, started_at, finished_at, events]
  return putRow(headKey(uid, record.number), encodeValue(row))
}

function decodeHead(key: Uint8Array, value: Uint8Array): ImportRecord {
  const [source, file, started_at, finished_at, events] = decodeValue<HeadRow>(value)
  return { number: readU32(key, NUMBER_AT), source, file, started_at, finished_at, events }
}

export function putPiece(key: Uint8Array, ids: readonly EventId[]): Change {
  const value = Buffer.alloc(1 + ids.length * ID_BYTES)
  value[0] = VALUE_VERSION
  for (const [i, { start_us, tag }] of ids.entries()) {
    const at = 1 + i * ID_BYTES
    value.writeUInt32BE(Math.floor(start_us / 2 ** 32), at)
    value.writeUInt32BE(start_us % 2 ** 32, at + 4)
    value.writeUInt32BE(tag, at + 8)
  }
  return putRow(key, value)
}

/** Throws for a damaged one. */
export function decodePiece(value: Uint8Array): readonly EventId[] {
  if (value[0] !== VALUE_VERSION || (value.length - 1) % ID_BYTES !== 0)
    throw new Error('a piece of an import is damaged')
  return Array.from({ length: (value.length - 1) / ID_BYTES }, (_, i) => {
    const at = 1 + i * ID_BYTES
    return { start_us: readU32(value, at) * 2 ** 32 + readU32(value, at + 4), tag: readU32(value, at + 8) }
  })
}

/** The next number, and what has to be written with its first use. */
export async function nextImport(
  db: Database,
  uid: number,
): Promise<{ readonly number: number; readonly change: Change }> {
  const stored = await db.get(highestKey(uid))
  const [last] = await db.keys({ ...keyRange('imports', { u32: uid }, HEAD), reverse: true, limit: 1 }).all()
  const highest = Math.max(
    stored === undefined ? 0 : decodeValue<number>(stored),
    last === undefined ? 0 : readU32(last, NUMBER_AT),
  )
  const number = highest + 1
  return {
    number,
    change: putRow(highestKey(uid), encodeValue(number)),
  }
}

/** Newest first. */
export async function readImports(db: Database, uid: number, most: number): Promise<readonly ImportRecord[]> {
  const range = keyRange('imports', { u32: uid }, HEAD)
  const rows = await db.iterator({ ...range, reverse: true, limit: most }).all()
  return rows.map(([key, value]) => decodeHead(key, value))
}

export async function readImport(
  db: Database,
  uid: number,
  number: number,
): Promise<ImportRecord | undefined> {
  const key = headKey(uid, number)
  const value = await db.get(key)
  return value === undefined ? undefined : decodeHead(key, value)
}

/** The newest pieces of an import, as many as hold `most` events and at least one; `last`: nothing is left behind them. */
export async function newestPieces(
  db: Database,
  uid: number,
  number: number,
  most: number,
): Promise<{
  readonly keys: readonly Uint8Array[]
  readonly ids: readonly EventId[]
  readonly last: boolean
}> {
  const keys: Uint8Array[] = []
  const ids: EventId[] = []
  const rows = db.iterator({ ...piecesOf(uid, number), reverse: true })
  try {
    for (let row = await rows.next(); row !== undefined; row = await rows.next()) {
      const some = decodePiece(row[1])
      if (keys.length > 0 && ids.length + some.length > most) return { keys, ids, last: false }
      keys.push(row[0])
      ids.push(...some)
    }
  } finally {
    await rows.close()
  }
  return { keys, ids, last: true }
}

export const removeImport = (uid: number, number: number): Change => delRow(headKey(uid, number))

/** Whether this file could have written the row. May throw for a row that it could not. */
export function isImportRow(key: Uint8Array, value: Uint8Array): boolean {
  switch (key[KIND_AT]) {
    case 1:
      return key.length === PIECE_AT && isHead(decodeValue(value))
    case 2:
      return key.length === PIECE_AT + 4 && decodePiece(value).length > 0
    case 3:
      return key.length === NUMBER_AT && whole(decodeValue(value))
    default:
      return false
  }
}
