// Additive shares: a vector is cut into two halves of which each alone is as random as the seed it is made from.
//
// half 0 = AES-256-CTR of zeros under HKDF-SHA256(ikm = seed, salt = none, info = "karo-share-expand-v1" ‖ section u8), with an
// initial counter block of zeros, read as integers of 8 bytes, big-endian; half 1 = vector - half 0 mod 2^64.
import { createCipheriv, createSecretKey, hash } from 'node:crypto'
import { CELLS_MAX } from '../../../protocols/messages/aggregate.ts'
import type { Random } from '../../base/clock.ts'

export const SEED_BYTES = 32
/** Bytes of one cell on the wire. */
export const CELL_BYTES = 8

const KEY_BYTES = 32
const BLOCK_BYTES = 16
const INFO = Buffer.from('karo-share-expand-v1')
const ZERO_COUNTER = new Uint8Array(BLOCK_BYTES)
const NO_SALT = new Uint8Array(32)
/** Of SHA-256. */
const HASHED_BYTES = 64
/** Which of the two 32-bit words of a 64-bit integer in memory is the lower one. */
export const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1

type Order = 'big' | 'little'
/** One more than the largest number of 32 bits. */
export const WORD = 2 ** 32
const HOST: Order = LOW === 0 ? 'little' : 'big'

/** Integers as bytes, 8 each, big-endian where nothing else is said. */
export function toBytes(cells: BigUint64Array, order: Order = 'big'): Uint8Array {
  const bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength).slice()
  if (order !== HOST) Buffer.from(bytes.buffer).swap64()
  return bytes
}

/** The reverse of `toBytes`. Throws RangeError when the length is no multiple of 8. */
export function fromBytes(bytes: Uint8Array, order: Order = 'big'): BigUint64Array {
  if (bytes.length % CELL_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are not whole integers`)
  const copy = new Uint8Array(bytes)
  if (order !== HOST) Buffer.from(copy.buffer).swap64()
  return new BigUint64Array(copy.buffer)
}

/**
 * HMAC-SHA256 under a key of 32 bytes, for messages of one length. Of two hashes in one call each, because Node's Hmac takes
 * several times as long for a few bytes, and its hash as a Buffer three times as long as in a text; and in the same memory each
 * time, because an aggregator does this for every share.
 */
function createHmac(messageBytes: number): (key: Uint8Array, message: Uint8Array) => Buffer {
  const inner = Buffer.alloc(HASHED_BYTES + messageBytes, 0x36)
  const outer = Buffer.alloc(HASHED_BYTES + KEY_BYTES, 0x5c)
  return (key, message) => {
    for (let at = 0; at < KEY_BYTES; at++) {
      inner[at] = key[at]! ^ 0x36
      outer[at] = key[at]! ^ 0x5c
    }
    inner.set(message, HASHED_BYTES)
    outer.write(hash('sha256', inner, 'binary'), HASHED_BYTES, 'latin1')
    const made = Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
    // What follows from a secret does not stay where the next one is written over a part of it.
    inner.fill(0x36, 0, KEY_BYTES)
    inner.fill(0, HASHED_BYTES)
    outer.fill(0x5c, 0, KEY_BYTES)
    outer.fill(0, HASHED_BYTES)
    return made
  }
}

const extract = createHmac(SEED_BYTES)
const expand = createHmac(INFO.length + 2)
/** What the key of each section is expanded from. */
const infos: Buffer[] = []
const infoOf = (section: number): Buffer => {
  infos[section] ??= Buffer.concat([INFO, Buffer.of(section, 1)])
  return infos[section]
}

const ZEROS = new Uint8Array(CELLS_MAX * CELL_BYTES)

/** The half of each section that follows from a seed of 32 bytes; `cells` are their lengths, each that of a layout at most. */
export function expandAll(seed: Uint8Array, cells: readonly number[]): readonly BigUint64Array[] {
  if (seed.length !== KEY_BYTES) throw new RangeError(`a seed of ${seed.length} bytes`)
  // HKDF by hand (RFC 5869): its first half is the same for all sections, and an aggregator does this for every share.
  const extracted = extract(NO_SALT, seed)
  return cells.map((count, section) => {
    const key = expand(extracted, infoOf(section))
    // As a key object: Node takes several times as long over keys that are bytes.
    const cipher = createCipheriv('aes-256-ctr', createSecretKey(key), ZERO_COUNTER)
    return inPlace(cipher.update(ZEROS.subarray(0, count * CELL_BYTES)))
  })
}

/** As `fromBytes`, of bytes that nobody else has. */
function inPlace(bytes: Buffer): BigUint64Array {
  if (bytes.byteOffset % CELL_BYTES !== 0) return fromBytes(bytes)
  if (HOST === 'little') bytes.swap64()
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / CELL_BYTES)
}

/** The sum of two vectors mod 2^64. In words of 32 bits, because BigInts take three times as long. */
export function added(a: BigUint64Array, b: BigUint64Array): BigUint64Array {
  if (a.length !== b.length) throw new RangeError('vectors of different lengths')
  const sum = a.slice()
  const words = new Uint32Array(sum.buffer)
  const more = new Uint32Array(b.buffer, b.byteOffset, words.length)
  for (let at = 0; at < words.length; at += 2) {
    const low = words[at + LOW]! + more[at + LOW]!
    words[at + LOW] = low
    words[at + 1 - LOW] = words[at + 1 - LOW]! + more[at + 1 - LOW]! + (low < WORD ? 0 : 1)
  }
  return sum
}

/**
 * An empty sum of that many cells. Words of 32 bits are added as doubles, four vectors at a time, and carried at the end, which
 * takes a sixth of the time of `added`.
 */
export function createSum(cells: number) {
  const words = new Float64Array(cells * 2)
  const none = new Uint32Array(words.length)
  const waiting: Uint32Array[] = []
  const take = (): void => {
    const [a = none, b = none, c = none, d = none] = waiting.splice(0)
    for (let at = 0; at < words.length; at++) words[at]! += a[at]! + b[at]! + c[at]! + d[at]!
  }
  return {
    /** `term` is not changed before `total`. Throws RangeError for a vector of another length. Exact up to 2^21 vectors, of which a list has 1,024 at most. */
    add(term: BigUint64Array) {
      if (term.length !== cells) throw new RangeError('vectors of different lengths')
      if (waiting.push(new Uint32Array(term.buffer, term.byteOffset, words.length)) === 4) take()
    },
    total() {
      take()
      const sum = new BigUint64Array(cells)
      const own = new Uint32Array(sum.buffer)
      for (let at = 0; at < words.length; at += 2) {
        const low = words[at + LOW]!
        own[at + LOW] = low % WORD
        own[at + 1 - LOW] = (words[at + 1 - LOW]! + Math.floor(low / WORD)) % WORD
      }
      return sum
    },
  }
}

/** The two halves of vectors, one for each section: a fresh seed, and the other halves. */
export function split(
  vectors: readonly BigUint64Array[],
  random: Pick<Random, 'bytes'>,
): { readonly seed: Uint8Array; readonly rest: readonly BigUint64Array[] } {
  const seed = random.bytes(SEED_BYTES)
  const halves = expandAll(
    seed,
    vectors.map(({ length }) => length),
  )
  // Mod 2^64, as an array of that type counts.
  const rest = vectors.map((vector, section) => vector.map((value, at) => value - halves[section]![at]!))
  return { seed, rest }
}
