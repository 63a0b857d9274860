// MessagePack as Karo speaks it: one canonical form per value, and nothing but plain data in either direction.
// Not 'msgpackr': that loads a native addon, and what strangers send is better read by code that cannot overrun.
import { Unpackr } from 'msgpackr/unpack'
import type { WireValue } from './define.ts'
import { FrameError } from './reject.ts'
import { MAX_DEPTH, MAX_ITEMS, MAX_KEY_BYTES, scan } from './scan.ts'

// Safe only because `scan` ran before: it refuses extensions, `__proto__`, integers beyond 53 bits and excess.
const unpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: 'number',
  moreTypes: false,
  structuredClone: false,
  // A decoded message must not keep the buffer it arrived in alive.
  copyBuffers: true,
})

const KEY = new RegExp(`^[\\x20-\\x7e]{1,${MAX_KEY_BYTES}}$`)

const refuse = (why: string): never => {
  throw new FrameError('malformed', why)
}

/** The value of canonical bytes; anything else is a FrameError `malformed`. Never throws otherwise. */
export function decodeValue(bytes: Uint8Array): WireValue {
  scan(bytes)
  try {
    // A view of its own, because msgpackr leaves a property on what it reads.
    return unpackr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as WireValue
  } catch {
    return refuse('not MessagePack')
  }
}

/**
 * Canonical bytes of `value`: keys sorted, integers and lengths in their shortest form, undefined members left
 * out. Anything that is not a WireValue (class instances, functions, floats, lone surrogates, …) is a FrameError
 * `malformed`, whatever the type checker was told.
 *
 * Written by hand, because msgpackr's encoder makes floats of integers above 32 bits, signed ones of BigInts,
 * lists of Sets and null of functions: what would have to be checked before it is longer than this.
 */
export function encodeValue(value: WireValue): Uint8Array {
  const writer = new Writer()
  writer.write(value, 0)
  return writer.taken()
}

/** First guess at a payload's size; it doubles from there. */
const START_BYTES = 512

class Writer {
  private bytes = Buffer.allocUnsafe(START_BYTES)
  private length = 0
  private items = 0

  /** Just the bytes written, in a buffer of their own. */
  taken(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.length))
  }

  write(value: unknown, depth: number): void {
    if (++this.items > MAX_ITEMS) refuse('too many values')
    switch (typeof value) {
      case 'boolean':
        this.token(value ? 0xc3 : 0xc2)
        return
      case 'number':
        this.integer(value)
        return
      case 'string':
        this.text(value)
        return
      case 'object':
        break
      default:
        refuse(`a ${typeof value} cannot be encoded`)
    }
    if (value === null) this.token(0xc0)
    else if (value instanceof Uint8Array) this.binary(value)
    else if (depth === MAX_DEPTH) refuse('nested too deep')
    else if (Array.isArray(value)) this.list(value, depth + 1)
    else this.map(value as object, depth + 1)
  }

  private list(list: readonly unknown[], depth: number): void {
    if (list.length < 16) this.token(0x90 | list.length)
    else this.sized(list.length, 0xdc, 0xdd)
    for (const item of list) this.write(item, depth)
  }

  private map(map: object, depth: number): void {
    const prototype = Object.getPrototypeOf(map)
    if (prototype !== Object.prototype && prototype !== null) refuse('a class instance cannot be encoded')
    const members = map as Readonly<Record<string, unknown>>
    const keys = Object.keys(members)
      .filter((key) => members[key] !== undefined)
      .sort()
    if (keys.length < 16) this.token(0x80 | keys.length)
    else this.sized(keys.length, 0xde, 0xdf)
    for (const key of keys) {
      if (!KEY.test(key) || key === '__proto__') refuse('a key is not printable ASCII')
      this.items++
      this.text(key)
      this.write(members[key], depth)
    }
  }

  private integer(value: number): void {
    if (!Number.isSafeInteger(value)) refuse('a number is not an integer of at most 53 bits')
    if (value >= 0) {
      if (value < 0x80) this.token(value)
      else if (value < 0x100) this.number(0xcc, 1, value)
      else if (value < 0x1_0000) this.number(0xcd, 2, value)
      else if (value < 0x1_0000_0000) this.number(0xce, 4, value)
      else this.wide(0xcf, value)
    } else if (value >= -0x20) this.token(0x100 + value)
    else if (value >= -0x80) this.number(0xd0, 1, value + 0x100)
    else if (value >= -0x8000) this.number(0xd1, 2, value + 0x1_0000)
    else if (value >= -0x8000_0000) this.number(0xd2, 4, value + 0x1_0000_0000)
    else this.wide(0xd3, value)
  }

  /** 64 bits, two's complement. */
  private wide(token: number, value: number): void {
    this.number(token, 4, Math.floor(value / 0x1_0000_0000) >>> 0)
    this.room(4)
    this.length = this.bytes.writeUInt32BE(value >>> 0, this.length)
  }

  private text(text: string): void {
    if (!text.isWellFormed()) refuse('a text holds half a surrogate pair')
    // Decoders disagree on whether a leading byte order mark belongs to the text.
    if (text.startsWith('\ufeff')) refuse('a text starts with a byte order mark')
    const length = Buffer.byteLength(text)
    if (length < 32) this.token(0xa0 | length)
    else if (length < 0x100) this.number(0xd9, 1, length)
    else this.sized(length, 0xda, 0xdb)
    this.room(length)
    this.length += this.bytes.write(text, this.length)
  }

  private binary(bytes: Uint8Array): void {
    if (bytes.length < 0x100) this.number(0xc4, 1, bytes.length)
    else this.sized(bytes.length, 0xc5, 0xc6)
    this.room(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A length of 2 bytes after `short`, or of 4 after `long`. */
  private sized(length: number, short: number, long: number): void {
    if (length < 0x1_0000) this.number(short, 2, length)
    else this.number(long, 4, length)
  }

  private number(token: number, size: number, value: number): void {
    this.token(token)
    this.room(size)
    this.length = this.bytes.writeUIntBE(value, this.length, size)
  }

  private token(token: number): void {
    this.room(1)
    this.bytes[this.length++] = token
  }

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}
