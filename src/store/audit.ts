// The rows of the audit ledger and the signed heads over them; the audit room knows what they mean.
import type { Database } from './database.ts'
import { keyRange, makeKey } from './keyspace.ts'
import { decodeValue, encodeValue } from './value.ts'

/** One entry of the chain, as it is hashed. */
export interface AuditRow {
  /** From 1, without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly ts: number
  readonly type: string
  /** The entry's canonical details, as they were hashed. */
  readonly details: Uint8Array
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** What stands at one place of the ledger; `row` is absent where the stored bytes are damaged. */
export interface AuditPlace {
  readonly seq: number
  readonly row?: AuditRow
}

export interface SignedHead {
  /** The newest entry it covers. */
  readonly seq: number
  /** The signed frame as it was made. */
  readonly frame: Uint8Array
}

export interface AuditRepository {
  /** One atomic batch, on disk (fsync) when it resolves. */
  append(rows: readonly AuditRow[], head?: SignedHead): Promise<void>
  /** The newest place, or undefined for an empty ledger. */
  newest(): Promise<AuditPlace | undefined>
  /** First to last, as of the first step. */
  forwards(): AsyncIterable<AuditPlace>
  /** Last to first, as of the first step. */
  backwards(): AsyncIterable<AuditPlace>
  /** Every signed head, oldest first; a damaged one has an empty frame. */
  heads(): Promise<readonly SignedHead[]>
}

const VALUE_VERSION = 1
const ENTRIES = { bytes: Uint8Array.of(1) }
const HEADS = { bytes: Uint8Array.of(2) }
// audit ‖ kind ‖ seq
const SEQ_AT = 2

export function createAuditRepository(db: Database): AuditRepository {
  async function* walk(reverse: boolean): AsyncGenerator<AuditPlace> {
    for await (const [key, value] of db.iterator({ ...keyRange('audit', ENTRIES), reverse })) {
      yield placeOf(key, value)
    }
  }
  return {
    async append(rows, head) {
      const batch = rows.map((row) => ({
        type: 'put' as const,
        key: makeKey('audit', ENTRIES, { u64: row.seq }),
        value: encodeRow(row),
      }))
      if (head !== undefined) {
        batch.push({
          type: 'put',
          key: makeKey('audit', HEADS, { u64: head.seq }),
          value: encodeValue(VALUE_VERSION, head.frame),
        })
      }
      await db.batch(batch, { sync: true })
    },
    async newest() {
      const [entry] = await db.iterator({ ...keyRange('audit', ENTRIES), reverse: true, limit: 1 }).all()
      return entry === undefined ? undefined : placeOf(entry[0], entry[1])
    },
    forwards: () => walk(false),
    backwards: () => walk(true),
    async heads() {
      const entries = await db.iterator(keyRange('audit', HEADS)).all()
      return entries.map(([key, value]) => ({ seq: seqOf(key), frame: decodeFrame(value) }))
    },
  }
}

const encodeRow = (row: AuditRow): Buffer =>
  encodeValue(VALUE_VERSION, [row.ts, row.type, row.details, row.hash])

function placeOf(key: Uint8Array, value: Uint8Array): AuditPlace {
  const seq = seqOf(key)
  const row = decodeRow(seq, value)
  return row === undefined ? { seq } : { seq, row }
}

function decodeRow(seq: number, value: Uint8Array): AuditRow | undefined {
  try {
    const [ts, type, details, hash] = decodeValue<[number, string, Uint8Array, Uint8Array]>(
      VALUE_VERSION,
      value,
    )
    const row = { seq, ts, type, details, hash }
    // Only the bytes we would write ourselves: no change of a stored byte may pass as another spelling.
    return encodeRow(row).equals(value) ? row : undefined
  } catch {
    return undefined
  }
}

function decodeFrame(value: Uint8Array): Uint8Array {
  try {
    const frame = decodeValue<Uint8Array>(VALUE_VERSION, value)
    return encodeValue(VALUE_VERSION, frame).equals(value) ? frame : new Uint8Array(0)
  } catch {
    return new Uint8Array(0)
  }
}

function seqOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return Number(view.getBigUint64(SEQ_AT))
}
