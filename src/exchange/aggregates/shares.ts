// Additive shares: a vector is cut into two halves of which each alone is as random as the seed it is made from.
//
// half 0 = AES-256-CTR of zeros under HKDF-SHA256(ikm = seed, salt = none, info = "karo-share-expand-v1" ‖ section u8), with an
// initial counter block of zeros, read as integers of 8 bytes, big-endian; half 1 = vector - half 0 mod 2^64.
import { createCipheriv, createSecretKey, hkdfSync } from 'node:crypto'
import type { Random } from '../../base/clock.ts'

export const SEED_BYTES = 32
/** Bytes of one cell on the wire. */
export const CELL_BYTES = 8

const KEY_BYTES = 32
const BLOCK_BYTES = 16
const INFO = Buffer.from('karo-share-expand-v1')
const ZERO_COUNTER = new Uint8Array(BLOCK_BYTES)
const NONE = new Uint8Array(0)
/** Which of the two 32-bit words of a 64-bit integer in memory is the lower one. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1

/** Integers as bytes, 8 each, big-endian. */
export function toBytes(cells: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(cells.length * CELL_BYTES)
  bytes.set(new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength))
  if (LOW === 0) Buffer.from(bytes.buffer).swap64()
  return bytes
}

/** The reverse of `toBytes`. Throws RangeError when the length is no multiple of 8. */
export function fromBytes(bytes: Uint8Array): BigUint64Array {
  if (bytes.length % CELL_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are not whole integers`)
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  if (LOW === 0) Buffer.from(copy.buffer).swap64()
  return new BigUint64Array(copy.buffer)
}

/** The half of section number `section` that follows from a seed of 32 bytes. */
export function expand(seed: Uint8Array, section: number, cells: number): BigUint64Array {
  const info = Buffer.concat([INFO, Buffer.of(section)])
  // As key objects: Node takes three times as long over keys that are bytes, and an aggregator does this for every share.
  const key = new Uint8Array(hkdfSync('sha256', createSecretKey(seed), NONE, info, KEY_BYTES))
  const cipher = createCipheriv('aes-256-ctr', createSecretKey(key), ZERO_COUNTER)
  return fromBytes(cipher.update(new Uint8Array(cells * CELL_BYTES)))
}

/** Adds `term` to `sum`, cell by cell, mod 2^64. In 32-bit words, because BigInts cost thirty times as much. */
export function addTo(sum: BigUint64Array, term: BigUint64Array): void {
  if (sum.length !== term.length) throw new RangeError('vectors of different lengths')
  const a = new Uint32Array(sum.buffer, sum.byteOffset, sum.length * 2)
  const b = new Uint32Array(term.buffer, term.byteOffset, term.length * 2)
  for (let at = 0; at < a.length; at += 2) {
    const low = (a[at + LOW] as number) + (b[at + LOW] as number)
    a[at + LOW] = low
    a[at + 1 - LOW] = (a[at + 1 - LOW] as number) + (b[at + 1 - LOW] as number) + (low > 0xffff_ffff ? 1 : 0)
  }
}

/** The sum of two vectors mod 2^64. */
export function added(a: BigUint64Array, b: BigUint64Array): BigUint64Array {
  const sum = BigUint64Array.from(a)
  addTo(sum, b)
  return sum
}

/** The two halves of vectors, one for each section: a fresh seed, and the other halves. */
export function split(
  vectors: readonly BigUint64Array[],
  random: Pick<Random, 'bytes'>,
): { readonly seed: Uint8Array; readonly rest: readonly BigUint64Array[] } {
  const seed = random.bytes(SEED_BYTES)
  const rest = vectors.map((vector, section) => {
    const half = expand(seed, section, vector.length)
    // -half mod 2^64 is its complement and one more.
    const words = new Uint32Array(half.buffer, half.byteOffset, half.length * 2)
    for (let at = 0; at < words.length; at += 2) {
      const low = (~(words[at + LOW] as number) >>> 0) + 1
      words[at + LOW] = low
      words[at + 1 - LOW] = (~(words[at + 1 - LOW] as number) >>> 0) + (low > 0xffff_ffff ? 1 : 0)
    }
    addTo(half, vector)
    return half
  })
  return { seed, rest }
}
