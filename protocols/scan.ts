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
  const uintAt = (at: number, size: number): number => {
    if (at + size > end) refuse('truncated')
    let value = 0
    for (let index = at; index < at + size; index++) value = value * 256 + bytes[index]!
    return value
  }
  /** A length of `size` bytes at `at` that would not have fitted the shorter form, whose maximum is `below`. */
  const lengthAt = (at: number, size: number, below: number): number => {
    const length = uintAt(at, size)
    if (length <= below) refuse('a length is not in its shortest form')
    return length
  }

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
    let text = -1
    if (token >= 0xa0 && token <= 0xbf) text = token & 0x1f
    else if (token === 0xd9) text = lengthAt(position++, 1, 31)
    else if (token === 0xda) {
      text = lengthAt(position, 2, 0xff)
      position += 2
    } else if (token === 0xdb) {
      text = lengthAt(position, 4, 0xffff)
      position += 4
    }
    if (text >= 0) {
      if (text > end - position) refuse('truncated')
      if (isKey) scanKey(bytes, position, text, depth)
      else scanText(bytes, position, position + text)
      position += text
      continue
    }
    if (isKey) refuse('a key is not text')

    // Integers in the token itself, nil and booleans.
    if (token <= 0x7f || token >= 0xe0 || token === 0xc0 || token === 0xc2 || token === 0xc3) continue

    let children = -1
    let map = 0
    if (token <= 0x8f) {
      children = (token & 0x0f) * 2
      map = 1
    } else if (token <= 0x9f) children = token & 0x0f
    else {
      switch (token) {
        case 0xc4:
          position += 1 + lengthAt(position, 1, -1)
          break
        case 0xc5:
          position += 2 + lengthAt(position, 2, 0xff)
          break
        case 0xc6:
          position += 4 + lengthAt(position, 4, 0xffff)
          break
        case 0xcc:
          if (uintAt(position, 1) < 0x80) refuse('an integer is not in its shortest form')
          position += 1
          break
        case 0xcd:
          if (uintAt(position, 2) < 0x100) refuse('an integer is not in its shortest form')
          position += 2
          break
        case 0xce:
          if (uintAt(position, 4) < 0x1_0000) refuse('an integer is not in its shortest form')
          position += 4
          break
        case 0xcf: {
          const high = uintAt(position, 4)
          uintAt(position + 4, 4)
          if (high === 0) refuse('an integer is not in its shortest form')
          if (high >= 0x20_0000) refuse('an integer has more than 53 bits')
          position += 8
          break
        }
        case 0xd0: {
          const value = uintAt(position, 1)
          if (value < 0x80 || value >= 0xe0) refuse('an integer is not in its shortest form')
          position += 1
          break
        }
        case 0xd1: {
          const value = uintAt(position, 2)
          if (value < 0x8000 || value >= 0xff80) refuse('an integer is not in its shortest form')
          position += 2
          break
        }
        case 0xd2: {
          const value = uintAt(position, 4)
          if (value < 0x8000_0000 || value >= 0xffff_8000) refuse('an integer is not in its shortest form')
          position += 4
          break
        }
        case 0xd3: {
          const high = uintAt(position, 4)
          const low = uintAt(position + 4, 4)
          if (high < 0x8000_0000 || (high === 0xffff_ffff && low >= 0x8000_0000)) {
            refuse('an integer is not in its shortest form')
          }
          if (high < 0xffe0_0000 || (high === 0xffe0_0000 && low === 0)) {
            refuse('an integer has more than 53 bits')
          }
          position += 8
          break
        }
        case 0xdc:
          children = lengthAt(position, 2, 15)
          position += 2
          break
        case 0xdd:
          children = lengthAt(position, 4, 0xffff)
          position += 4
          break
        case 0xde:
          children = lengthAt(position, 2, 15) * 2
          position += 2
          map = 1
          break
        case 0xdf:
          children = lengthAt(position, 4, 0xffff) * 2
          position += 4
          map = 1
          break
        default:
          // 0xc1 is never used; 0xca, 0xcb are floats; the others are extension types.
          refuse(`token 0x${token.toString(16)} is not allowed`)
      }
    }
    if (position > end) refuse('truncated')
    if (children < 0) continue
    // Every value takes a byte at least, so a header cannot promise more values than there are bytes; this also
    // keeps the count within 32 bits.
    if (children > end - position) refuse('truncated')
    if (depth === MAX_DEPTH) refuse('nested too deep')
    depth++
    left[depth] = children
    keyed[depth] = map
    keyStart[depth] = 0
    keyEnd[depth] = 0
  }
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
