// The scan before the MessagePack decoder: one bounded, iterative pass that only canonical bytes survive.
import { isUtf8 } from 'node:buffer'
import { FrameError } from './reject.ts'

/** Nesting of maps and lists; messages need five, the rest is room for later versions. */
export const MAX_DEPTH = 16
/**
 * Values in one payload, keys included. The largest message (512 tools of 4 fields) has 4 700. An item costs
 * the decoder up to 183 bytes of heap, so a hostile payload costs at most 3 MB.
 */
export const MAX_ITEMS = 16_384
/** Bytes of a map key. */
export const MAX_KEY_BYTES = 64

const refuse = (why: string): never => {
  throw new FrameError('malformed', why)
}

// The open containers, outermost first. One scan runs at a time and none calls another, so they are reused.
/** Values still to come in the container, keys included. */
const left = new Uint32Array(MAX_DEPTH + 1)
/** 1 when the container is a map. */
const keyed = new Uint8Array(MAX_DEPTH + 1)
/** Where the previous key of the map begins and ends. */
const keyStart = new Uint32Array(MAX_DEPTH + 1)
const keyEnd = new Uint32Array(MAX_DEPTH + 1)

/**
 * Refuses (FrameError `malformed`) whatever is not exactly one value in Karo's canonical MessagePack:
 * nil, booleans, integers of at most 53 bits, UTF-8 text, bin, lists, and maps with strictly ascending ASCII keys;
 * every length and integer in its shortest form; no floats, no extensions; nothing after the value.
 * Reads no byte it has not checked to be there and allocates nothing.
 */
export function scan(bytes: Uint8Array): void {
  const end = bytes.length
  let position = 0
  let depth = 0
  let items = 0
  left[0] = 1
  keyed[0] = 0

  for (;;) {
    while (left[depth] === 0) {
      if (depth === 0) {
        if (position !== end) refuse('bytes after the value')
        return
      }
      depth--
    }
    const isKey = keyed[depth] === 1 && left[depth]! % 2 === 0
    left[depth]!--
    if (++items > MAX_ITEMS) refuse('too many values')
    if (position >= end) refuse('truncated')
    const token = bytes[position++]!

    // Text, which alone may be a key.
    const short = token >= 0xa0 && token <= 0xbf
    if (short || (token >= 0xd9 && token <= 0xdb)) {
      const size = short ? 0 : 1 << (token - 0xd9)
      const length = short ? token & 0x1f : lengthAt(bytes, position, size, size === 1 ? 31 : SHORTER[size]!)
      position += size
      if (length > end - position) refuse('truncated')
      if (isKey) scanKey(bytes, position, length, depth)
      else scanText(bytes, position, position + length)
      position += length
      continue
    }
    if (isKey) refuse('a key is not text')

    // Integers in the token itself, nil and booleans.
    if (token <= 0x7f || token >= 0xe0 || token === 0xc0 || token === 0xc2 || token === 0xc3) continue

    const isMap = token <= 0x8f || token === 0xde || token === 0xdf
    let children: number
    if (token <= 0x9f) children = token & 0x0f
    else if (token >= 0xdc) {
      const size = (token & 1) === 0 ? 2 : 4
      children = lengthAt(bytes, position, size, size === 2 ? 15 : SHORTER[size]!)
      position += size
    } else {
      position = endOfScalar(bytes, position, token)
      if (position > end) refuse('truncated')
      continue
    }
    if (isMap) children *= 2
    // Every value takes a byte at least, so a header cannot promise more values than there are bytes; this also
    // keeps the count within 32 bits.
    if (children > end - position) refuse('truncated')
    if (depth === MAX_DEPTH) refuse('nested too deep')
    depth++
    left[depth] = children
    keyed[depth] = isMap ? 1 : 0
    keyStart[depth] = 0
    keyEnd[depth] = 0
  }
}

/** The greatest length that a shorter form than `size` bytes holds, by `size`: bytes and text, from 2 bytes on. */
const SHORTER: readonly number[] = [-1, -1, 0xff, 0xff, 0xffff]

function uintAt(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) refuse('truncated')
  let value = 0
  for (let index = at; index < at + size; index++) value = value * 256 + bytes[index]!
  return value
}

/** A length of `size` bytes at `at` that would not have fitted the shorter form, whose maximum is `below`. */
function lengthAt(bytes: Uint8Array, at: number, size: number, below: number): number {
  const length = uintAt(bytes, at, size)
  if (length <= below) refuse('a length is not in its shortest form')
  return length
}

/** Where the bytes or the integer behind a token at `at` ends; for `bin` it may be beyond the end of all bytes. */
function endOfScalar(bytes: Uint8Array, at: number, token: number): number {
  switch (token) {
    case 0xc4:
    case 0xc5:
    case 0xc6: {
      const size = 1 << (token - 0xc4)
      return at + size + lengthAt(bytes, at, size, SHORTER[size]!)
    }
    case 0xcc:
      return endOfUnsigned(bytes, at, 1, 0x80)
    case 0xcd:
      return endOfUnsigned(bytes, at, 2, 0x100)
    case 0xce:
      return endOfUnsigned(bytes, at, 4, 0x1_0000)
    case 0xcf:
      uintAt(bytes, at + 4, 4)
      endOfUnsigned(bytes, at, 4, 1)
      if (uintAt(bytes, at, 4) >= 0x20_0000) refuse('an integer has more than 53 bits')
      return at + 8
    case 0xd0:
      return endOfNegative(bytes, at, 1, 0x80, 0xe0)
    case 0xd1:
      return endOfNegative(bytes, at, 2, 0x8000, 0xff80)
    case 0xd2:
      return endOfNegative(bytes, at, 4, 0x8000_0000, 0xffff_8000)
    case 0xd3: {
      const low = uintAt(bytes, at + 4, 4)
      const high = uintAt(bytes, at, 4)
      // A number with these low bits fits into four bytes, so the higher four are not canonical.
      endOfNegative(bytes, at, 4, 0x8000_0000, low >= 0x8000_0000 ? 0xffff_ffff : 0x1_0000_0000)
      if (high < 0xffe0_0000 || (high === 0xffe0_0000 && low === 0))
        refuse('an integer has more than 53 bits')
      return at + 8
    }
    default:
      // 0xc1 is never used; 0xca, 0xcb are floats; the others are extension types.
      return refuse(`token 0x${token.toString(16)} is not allowed`)
  }
}

/** End of an unsigned integer. A number below `least` has a shorter form, so it is refused. */
function endOfUnsigned(bytes: Uint8Array, at: number, size: number, least: number): number {
  if (uintAt(bytes, at, size) < least) refuse('an integer is not in its shortest form')
  return at + size
}

/** End of a negative integer in two's complement. A value outside [least, below) is positive or has a shorter form. */
function endOfNegative(bytes: Uint8Array, at: number, size: number, least: number, below: number): number {
  const value = uintAt(bytes, at, size)
  if (value < least || value >= below) refuse('an integer is not in its shortest form')
  return at + size
}

/** ASCII without controls, not empty, greater than the key before it, so keys are sorted and unique. */
function scanKey(bytes: Uint8Array, start: number, length: number, depth: number): void {
  if (length === 0 || length > MAX_KEY_BYTES) refuse(`a key has 1 to ${MAX_KEY_BYTES} bytes`)
  const end = start + length
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!
    if (byte < 0x20 || byte > 0x7e) refuse('a key is not printable ASCII')
  }
  const previous = keyStart[depth]!
  const previousLength = keyEnd[depth]! - previous
  if (previousLength > 0) {
    let index = 0
    while (index < length && index < previousLength && bytes[start + index] === bytes[previous + index])
      index++
    const ascending =
      index < length && (index === previousLength || bytes[start + index]! > bytes[previous + index]!)
    if (!ascending) refuse('keys are not sorted and unique')
  }
  if (length === PROTO.length && PROTO.every((byte, index) => bytes[start + index] === byte)) {
    refuse('a key is __proto__')
  }
  keyStart[depth] = start
  keyEnd[depth] = end
}

/** The one key that an ordinary object does not simply hold. */
const PROTO = Array.from('__proto__', (letter) => letter.charCodeAt(0))

function scanText(bytes: Uint8Array, start: number, end: number): void {
  let index = start
  while (index < end && bytes[index]! < 0x80) index++
  if (index === end) return
  if (!isUtf8(bytes.subarray(start, end))) refuse('a text is not UTF-8')
  // Decoders disagree on whether a leading byte order mark belongs to the text.
  if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) {
    refuse('a text starts with a byte order mark')
  }
}
