// Signed documents of this node and of others: a small row about each and its frame, written and removed together.
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { bytes, bytes32, type Checked, shape, text, whole } from '../level/is.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue, readValue, VALUE_VERSION } from '../level/value.ts'

/** Names one document; the documents room says what kinds there are. */
export interface DocumentKey {
  /** Ed25519 key, 32 bytes. */
  readonly author: Uint8Array
  readonly kind: string
  /** At most 32 ASCII characters. */
  readonly slot: string
}

const isAbout = shape({
  version: whole,
  /** BLAKE3 of the frame. */
  digest: bytes32,
  /** 8 bytes for each recipient, as the document has them. */
  hints: bytes,
  /** Order of arrival here: from 1, never given twice. */
  seq: whole,
  /** Why it is kept; the documents room's word. */
  role: text,
  /** Milliseconds since the epoch, both. */
  received_at: whole,
  expires_at: whole,
  /** Bytes of the frame. */
  size: whole,
})
export type DocumentRow = DocumentKey & Checked<typeof isAbout>

/** Says which numbering `seq` belongs to: another database has another one. */
export interface Numbering {
  /** 8 random bytes. */
  readonly index: Uint8Array
  /** The last `seq` given. */
  readonly last: number
}

export interface DocumentRepository {
  /** Every row, without the frames. */
  load(): AsyncIterable<DocumentRow>
  /** Undefined in a database that never held a document. */
  numbering(): Promise<Numbering | undefined>
  /** The rows in the order of the keys; undefined where there is no row, or it cannot be read. */
  rows(keys: readonly DocumentKey[]): Promise<readonly (DocumentRow | undefined)[]>
  /** Undefined where there is none, or it cannot be read. */
  frame(key: DocumentKey): Promise<Uint8Array | undefined>
  /** Removes every document of these kinds; durable (fsync) when it resolves. Whoever has documents in memory is to end. */
  drop(kinds: readonly string[]): Promise<void>
  /** One atomic batch; with fsync when `sync`. */
  write(changes: {
    readonly put?: readonly { readonly row: DocumentRow; readonly frame: Uint8Array }[]
    readonly remove?: readonly DocumentKey[]
    readonly numbering?: Numbering
    readonly sync?: boolean
  }): Promise<void>
}

// documents ‖ part ‖ author ‖ kind ‖ 0 ‖ slot
const ROWS = { bytes: Uint8Array.of(1) }
const FRAMES = { bytes: Uint8Array.of(2) }
const NUMBERING = makeKey('documents', { bytes: Uint8Array.of(3) })
const AUTHOR_AT = 2
const AUTHOR_BYTES = 32
const KIND_AT = AUTHOR_AT + AUTHOR_BYTES
const END = { bytes: Uint8Array.of(0) }

export function createDocumentRepository(db: Database): DocumentRepository {
  const repository: DocumentRepository = {
    async *load() {
      for await (const [key, value] of db.iterator(keyRange('documents', ROWS))) {
        const row = rowOf(key, value)
        if (row !== undefined) yield row
      }
    },
    async numbering() {
      const value = await db.get(NUMBERING)
      if (value === undefined) return undefined
      const { index, last } = decodeValue<Numbering>(value)
      return { index: new Uint8Array(index), last }
    },
    async rows(keys) {
      const names = keys.map((key) => keyOf(ROWS, key))
      const values = await db.getMany(names)
      return values.map((value, i) =>
        value === undefined ? undefined : rowOf(names[i] as Uint8Array, value),
      )
    },
    async frame(key) {
      const value = await db.get(keyOf(FRAMES, key))
      return value?.[0] === VALUE_VERSION ? new Uint8Array(value.subarray(1)) : undefined
    },
    async write({ put = [], remove = [], numbering, sync = false }) {
      const batch: Change[] = []
      for (const key of remove) {
        batch.push(delRow(keyOf(ROWS, key)), delRow(keyOf(FRAMES, key)))
      }
      for (const { row, frame } of put) {
        const { author: _, kind: __, slot: ___, ...rest } = row
        batch.push(
          putRow(keyOf(ROWS, row), encodeValue(rest)),
          // The frame is its own encoding: only the version byte stands before it.
          putRow(keyOf(FRAMES, row), Buffer.concat([Buffer.of(VALUE_VERSION), frame])),
        )
      }
      if (numbering !== undefined) {
        batch.push(putRow(NUMBERING, encodeValue(numbering)))
      }
      await db.batch(batch, { sync })
    },
    async drop(kinds) {
      const remove: DocumentRow[] = []
      for await (const row of repository.load()) if (kinds.includes(row.kind)) remove.push(row)
      await repository.write({ remove, sync: true })
    },
  }
  return repository
}

function keyOf(part: { readonly bytes: Uint8Array }, { author, kind, slot }: DocumentKey): Buffer {
  if (author.length !== AUTHOR_BYTES) throw new RangeError("an author's key has 32 bytes")
  return makeKey('documents', part, { bytes: author }, { text: kind }, END, { text: slot })
}

/** A row that was damaged is as good as none: its document is fetched again. */
function rowOf(key: Uint8Array, value: Uint8Array): DocumentRow | undefined {
  const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  const end = name.indexOf(0, KIND_AT)
  const about = readValue(value)
  if (end < 0 || !isAbout(about)) return undefined
  return {
    ...about,
    digest: new Uint8Array(about.digest),
    hints: new Uint8Array(about.hints),
    author: new Uint8Array(name.subarray(AUTHOR_AT, KIND_AT)),
    kind: name.toString('utf8', KIND_AT, end),
    slot: name.toString('utf8', end + 1),
  }
}
