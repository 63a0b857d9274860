// The rows of the audit ledger and the signed heads over them; the audit room knows what they mean.
import { orElse } from '../../base/run/or-else.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { bytes, bytes32, natural, text, tuple } from '../level/is.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { writeWithTurn } from '../level/turn.ts'
import { encodeValue, readValue } from '../level/value.ts'

/** One entry of the chain, as it is hashed. */
export interface AuditRow {
  /** Number of the entry, from 1 without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly ts: number
  readonly type: string
  /** The entry's canonical details, as they were hashed. */
  readonly details: Uint8Array
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** One place of the ledger; `row` is absent where the stored bytes are damaged. */
interface AuditPlace {
  readonly seq: number
  readonly row?: AuditRow
}

export interface SignedHead {
  /** The newest entry it covers. */
  readonly seq: number
  /** The signed frame as it was made. */
  readonly frame: Uint8Array
}

/** The last entry that was removed from the front, for the first one after it to chain to. */
export interface AuditBase {
  readonly seq: number
  readonly hash: Uint8Array
  /** Digest (32 bytes) of the entries up to `seq` that were kept; absent when none was. */
  readonly lasting?: Uint8Array
}

interface Appended {
  readonly head?: SignedHead | undefined
  readonly base?: AuditBase | undefined
  readonly keep?: ReadonlySet<number> | undefined
}

export type AuditRepository = ReturnType<typeof createAuditRepository>

const isEntry = tuple(natural, text, bytes, bytes32)
const isBase = tuple(natural, bytes32, (_): _ is unknown => true)

const ENTRIES = { bytes: Uint8Array.of(1) }
const HEADS = { bytes: Uint8Array.of(2) }
const BASE_KEY = makeKey('audit', { bytes: Uint8Array.of(3) })
// audit ‖ kind ‖ seq
const SEQ_AT = 2

export function createAuditRepository(db: Database) {
  async function* walk(reverse: boolean, after = 0): AsyncGenerator<AuditPlace> {
    const { lt } = keyRange('audit', ENTRIES)
    const gt = makeKey('audit', ENTRIES, { u64: after })
    for await (const [key, value] of db.iterator({ gt, lt, reverse })) {
      yield placeOf(key, value)
    }
  }
  return {
    /**
     * One atomic batch, on disk (fsync) when it resolves. `base` removes the entries up to it, but for those whose
     * numbers are in `keep`, and the heads.
     */
    async append(rows: readonly AuditRow[], { head, base, keep }: Appended = {}) {
      const batch: Change[] = rows.map((row) =>
        putRow(makeKey('audit', ENTRIES, { u64: row.seq }), encodeRow(row)),
      )
      if (base !== undefined) {
        for (const kind of [ENTRIES, HEADS]) {
          const range = { gte: makeKey('audit', kind), lte: makeKey('audit', kind, { u64: base.seq }) }
          for (const key of await db.keys(range).all()) {
            if (kind === ENTRIES && keep?.has(seqOf(key)) === true) continue
            batch.push(delRow(key))
          }
        }
        const { seq, hash, lasting } = base
        const value = encodeValue(lasting ? [seq, hash, lasting] : [seq, hash])
        batch.push(putRow(BASE_KEY, value))
      }
      if (head !== undefined) {
        const value = encodeValue(head.frame)
        batch.push(putRow(makeKey('audit', HEADS, { u64: head.seq }), value))
      }
      await writeWithTurn(db, batch, { sync: true })
    },
    /** Undefined when nothing was ever removed, or the row is damaged. */
    async base() {
      const value = await db.get(BASE_KEY)
      return value && decodeBase(value)
    },
    /** Undefined where there is no such entry. */
    async at(seq: number) {
      const key = makeKey('audit', ENTRIES, { u64: seq })
      const value = await db.get(key)
      return value && placeOf(key, value)
    },
    /** The newest place, or undefined for an empty ledger. */
    async newest() {
      const [entry] = await db.iterator({ ...keyRange('audit', ENTRIES), reverse: true, limit: 1 }).all()
      return entry && placeOf(...entry)
    },
    /** First to last, of those after the number `seq`, as of the first step. */
    forwards: (seq?: number) => walk(false, seq),
    /** Last to first, as of the first step. */
    backwards: () => walk(true),
    /** Every signed head, oldest first; a damaged one has an empty frame. */
    async heads() {
      const entries = await db.iterator(keyRange('audit', HEADS)).all()
      return entries.map(([key, value]) => ({
        seq: seqOf(key),
        frame: decodeFrame(value),
      }))
    },
  }
}

const encodeRow = (row: AuditRow): Buffer => encodeValue([row.ts, row.type, row.details, row.hash])

function placeOf(key: Uint8Array, value: Uint8Array): AuditPlace {
  const seq = seqOf(key)
  const fields = decodeExact(value)
  if (!isEntry(fields)) return { seq }
  const [ts, type, details, hash] = fields
  return { seq, row: { seq, ts, type, details, hash } }
}

function decodeBase(value: Uint8Array): AuditBase | undefined {
  const fields = decodeExact(value)
  if (!isBase(fields)) return undefined
  const [seq, hash, lasting] = fields
  return bytes32(lasting) ? { seq, hash, lasting } : { seq, hash }
}

function decodeFrame(value: Uint8Array): Uint8Array {
  const frame = decodeExact(value)
  return bytes(frame) ? frame : new Uint8Array(0)
}

/** Accepts only the bytes that this program would write, so that no changed byte passes as another spelling of the same. */
function decodeExact(value: Uint8Array): unknown {
  const decoded = readValue(value)
  // Some bytes are read as what cannot be written.
  return orElse(() => encodeValue(decoded).equals(value), false) ? decoded : undefined
}

function seqOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return Number(view.getBigUint64(SEQ_AT))
}
