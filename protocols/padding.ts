// Padding of sealed plaintexts: a member of zeros that every reader ignores, so that a length is one of a few.
import type { WireBody } from './define.ts'
import { decodeValue, encodeValue } from './messagepack.ts'

/** Key and shortest header of the padding. */
const PAD_KEY = 'pad'
const PAD_BYTES = 1 + PAD_KEY.length + 2
/** From this length on MessagePack's header of the padding has one byte more. */
export const LONG_PAD = 256

/** Bytes of padding that make `length` bytes `size` bytes; undefined when none does. */
function padFor(length: number, size: number): number | undefined {
  const short = size - length - PAD_BYTES
  if (short < LONG_PAD) return short < 0 ? undefined : short
  return short - 1 < LONG_PAD ? undefined : short - 1
}

/** How long `length` encoded bytes are once they are padded to one of `sizes`, ascending; the same where none is left. */
export const paddedLength = (length: number, sizes: readonly number[]): number =>
  sizes.find((size) => padFor(length, size) !== undefined) ?? length

/**
 * The same map with a member `pad` of zeros, which readers ignore as every member that they do not know, so that its length is
 * one of `sizes`, in bytes, ascending. A map for which no size is left stays as it is. FrameErrors: those of decodeValue.
 */
export function pad(plaintext: Uint8Array, sizes: readonly number[]): Uint8Array {
  const zeros = padFor(plaintext.length, paddedLength(plaintext.length, sizes))
  if (zeros === undefined) return plaintext
  return encodeValue({ ...(decodeValue(plaintext) as WireBody), [PAD_KEY]: new Uint8Array(zeros) })
}

/** Takes off what `pad` added. FrameErrors: those of decodeValue. */
export function unpad(plaintext: Uint8Array): Uint8Array {
  const value = decodeValue(plaintext)
  if (typeof value !== 'object' || value === null || !(PAD_KEY in value)) return plaintext
  return encodeValue({ ...(value as WireBody), [PAD_KEY]: undefined })
}
