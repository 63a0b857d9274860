// How far each spool file was read, and how many records were lost: written in the batch of the events themselves.
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

/** What the record of a guard may note in such a file. */
export { GUARD_NOTES, type GuardNoted } from '../rollups/types.ts'

export interface SpoolPosition {
  /** File name in the spool directory. */
  readonly name: string
  /** Device and inode, `dev:ino`: a new file of the same name starts at 0. */
  readonly file: string
  /** Everything before this byte is stored. */
  readonly offset: number
  /** Sequence number of the last record read; a gap after it means lost records. */
  readonly sequence: number
  /** The last record said that its shell records nothing until the next record. */
  readonly paused?: true
}

type Row = readonly [file: string, offset: number, sequence: number, paused?: true]

const FILES = { bytes: Uint8Array.of(1) }
const DROPPED_KEY = makeKey('spool_offsets', { bytes: Uint8Array.of(2) })
const REPAIRED_KEY = makeKey('spool_offsets', { bytes: Uint8Array.of(3) })
const NAME_AT = 2

const positionKey = (name: string): Buffer => makeKey('spool_offsets', FILES, { text: name })

export function putPosition(position: SpoolPosition): Change {
  const { file, offset, sequence, paused } = position
  const row: Row = paused ? [file, offset, sequence, paused] : [file, offset, sequence]
  return putRow(positionKey(position.name), encodeValue(row))
}

export const deletePosition = (name: string): Change => delRow(positionKey(name))

export const putDropped = (total: number): Change => putRow(DROPPED_KEY, encodeValue(total))

export async function readPositions(db: Database): Promise<readonly SpoolPosition[]> {
  const rows = await db.iterator(keyRange('spool_offsets', FILES)).all()
  return rows.map(([key, value]) => {
    const [file, offset, sequence, paused] = decodeValue<Row>(value)
    const name = Buffer.from(key).toString('utf8', NAME_AT)
    return { name, file, offset, sequence, ...(paused && { paused }) }
  })
}

export async function readDropped(db: Database): Promise<number> {
  const value = await db.get(DROPPED_KEY)
  return value === undefined ? 0 : decodeValue<number>(value)
}

/** Positions may be older than the events that were read up to `us` (microseconds since the epoch). */
export const putRepaired = (us: number): Change => putRow(REPAIRED_KEY, encodeValue(us))

/** 0 when nothing was ever lost. */
export async function readRepaired(db: Database): Promise<number> {
  const value = await db.get(REPAIRED_KEY)
  return value === undefined ? 0 : decodeValue<number>(value)
}
