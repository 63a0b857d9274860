// LevelDB's sorted tables (table_format.md in its sources): every entry whose block is whole, and where one is not.
import { createByteReader, unsnap } from './bytes.ts'
import { crc32c, masked } from './crc.ts'

const FOOTER = 48
const MAGIC = 0xdb47_7524_8b80_fb57n
const TRAILER = 5
const RAW = 0
const SNAPPY = 1
/** Blocks without an index are found by their checksums; one of a 1 MB document is the largest there is. */
const LONGEST_BLOCK = 4 * 1024 * 1024

/** One entry of a table: a later entry of the same key replaces it. */
export interface Entry {
  readonly key: Uint8Array
  /** Undefined: the key was deleted. */
  readonly value: Uint8Array | undefined
  /** Number of the write among all writes to this database, 2^53 - 1 at most. */
  readonly sequence: number
}

export interface TableDamage {
  /** Bytes of the file. */
  readonly at: number
  readonly length: number
  readonly what: string
}

interface Handle {
  readonly at: number
  readonly size: number
}

/** Without `entry` only checksums are looked at. */
export function readTable(file: Uint8Array, entry?: (entry: Entry) => void): readonly TableDamage[] {
  const damage: TableDamage[] = []
  const blocks = blocksOf(file, damage)
  for (const handle of blocks ?? findBlocks(file, damage)) {
    if (!isWhole(file, handle)) {
      damage.push({ at: handle.at, length: handle.size + TRAILER, what: 'its checksum is wrong' })
      continue
    }
    if (entry === undefined) continue
    try {
      for (const [key, value] of entriesOf(contentOf(file, handle))) {
        const read = internal(key, value)
        if (read !== undefined) entry(read)
      }
    } catch {
      damage.push({ at: handle.at, length: handle.size + TRAILER, what: 'its entries cannot be told apart' })
    }
  }
  return damage
}

/** The data blocks as the index names them; undefined when it cannot be read. */
function blocksOf(file: Uint8Array, damage: TableDamage[]): readonly Handle[] | undefined {
  const at = Math.max(0, file.length - FOOTER)
  const end = (what: string): undefined => {
    damage.push({ at, length: file.length - at, what })
    return undefined
  }
  if (file.length < FOOTER) return end('it is shorter than any table')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getBigUint64(file.length - 8, true) !== MAGIC)
    return end('its last bytes are not those of a table')
  try {
    const reader = createByteReader(file, at, file.length - 8)
    const meta = { at: reader.varint(), size: reader.varint() }
    const index = { at: reader.varint(), size: reader.varint() }
    const whole = [meta, index].every((handle) => handle.at + handle.size + TRAILER <= at)
    if (!whole) return end('its index is not where it should be')
    if (!isWhole(file, meta))
      damage.push({ at: meta.at, length: meta.size, what: 'its list of filters is damaged' })
    else
      for (const [, value] of entriesOf(contentOf(file, meta))) {
        const filter = handleOf(value)
        if (!isWhole(file, filter))
          damage.push({ at: filter.at, length: filter.size, what: 'its filter is damaged' })
      }
    if (!isWhole(file, index)) {
      damage.push({ at: index.at, length: index.size, what: 'its index is damaged' })
      return undefined
    }
    return [...entriesOf(contentOf(file, index))].map(([, value]) => handleOf(value))
  } catch {
    return end('its index cannot be read')
  }
}

function handleOf(value: Uint8Array): Handle {
  const reader = createByteReader(value)
  return { at: reader.varint(), size: reader.varint() }
}

function isWhole(file: Uint8Array, { at, size }: Handle): boolean {
  const trailer = at + size
  if (trailer + TRAILER > file.length) return false
  const stored = new DataView(file.buffer, file.byteOffset + trailer + 1, 4).getUint32(0, true)
  return masked(crc32c(file, at, trailer + 1)) === stored
}

/** The content of a whole block. Throws RangeError for bytes that LevelDB did not compress. */
function contentOf(file: Uint8Array, { at, size }: Handle): Uint8Array {
  const content = file.subarray(at, at + size)
  return file[at + size] === SNAPPY ? unsnap(content) : content
}

/** Finds blocks without an index: they stand one after the other, and each ends where its checksum fits. */
function* findBlocks(file: Uint8Array, damage: TableDamage[]): Generator<Handle> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 0
  while (at + TRAILER < file.length) {
    const size = lengthOfBlock(file, view, at)
    if (size === undefined) {
      damage.push({ at, length: file.length - at, what: 'no block begins there' })
      return
    }
    yield { at, size }
    at += size + TRAILER
  }
}

function lengthOfBlock(file: Uint8Array, view: DataView, at: number): number | undefined {
  const most = Math.min(file.length - TRAILER, at + LONGEST_BLOCK)
  let crc = 0
  for (let end = at; end <= most; end++) {
    crc = crc32c(file, end, end + 1, crc)
    // `crc` now covers [at, end]; the byte at `end` would be the block's type.
    const type = file[end]
    if ((type === RAW || type === SNAPPY) && masked(crc) === view.getUint32(end + 1, true)) return end - at
  }
  return undefined
}

/** Throws RangeError for a block that LevelDB did not make. */
function* entriesOf(block: Uint8Array): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
  if (block.length < 4) throw new RangeError('ends early')
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const end = block.length - 4 - 4 * view.getUint32(block.length - 4, true)
  if (end < 0) throw new RangeError('ends early')
  const reader = createByteReader(block, 0, end)
  let key = Buffer.alloc(0)
  while (reader.left() > 0) {
    const shared = reader.varint()
    const own = reader.varint()
    const length = reader.varint()
    if (shared > key.length) throw new RangeError('shares what is not there')
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(own)])
    yield [key, reader.bytes(length)]
  }
}

const DELETION = 0
const VALUE = 1

/** A key in a table ends with eight bytes: the sequence number and whether it is a value (dbformat.h). */
function internal(key: Uint8Array, value: Uint8Array): Entry | undefined {
  if (key.length < 8) return undefined
  const view = new DataView(key.buffer, key.byteOffset + key.length - 8, 8)
  const type = view.getUint8(0)
  if (type !== DELETION && type !== VALUE) return undefined
  return {
    key: key.subarray(0, -8),
    value: type === VALUE ? value : undefined,
    sequence: Number(view.getBigUint64(0, true) >> 8n),
  }
}

/** The changes in one record of a write-ahead log (write_batch.cc). Throws RangeError for anything else. */
export function* readBatch(record: Uint8Array): Generator<Entry> {
  if (record.length < 12) throw new RangeError('ends early')
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  let sequence = Number(view.getBigUint64(0, true))
  const reader = createByteReader(record, 12)
  for (let left = view.getUint32(8, true); left > 0; left--) {
    const type = reader.byte()
    if (type !== DELETION && type !== VALUE) throw new RangeError('no such change')
    const key = reader.text()
    yield { key, value: type === VALUE ? reader.text() : undefined, sequence: sequence++ }
  }
  if (reader.left() > 0) throw new RangeError('more than it says')
}
