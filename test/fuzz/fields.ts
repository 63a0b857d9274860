// Puts every MessagePack type into every field that a schema names: hostile bodies made from the schemas themselves.
import type * as z from 'zod'
import type { WireValue } from '../../protocols/define.ts'
import { encodeValue } from '../../protocols/messagepack.ts'

/** Where a field stands in a body; a number is a place in a list. */
export type Path = readonly (string | number)[]

/** Every field that `schema` can have, those of all alternatives and of the first item of each list included. */
export function fieldsOf(schema: z.ZodType, at: Path = []): Path[] {
  const { def } = (schema as unknown as z.core.$ZodTypes)._zod
  const inner = (one: z.core.$ZodType, path: Path): Path[] => fieldsOf(one as z.ZodType, path)
  switch (def.type) {
    case 'object':
      return [at, ...Object.entries(def.shape).flatMap(([key, one]) => inner(one, [...at, key]))]
    case 'array':
      return [at, ...inner(def.element, [...at, 0])]
    case 'union':
      return def.options.flatMap((one) => inner(one, at))
    case 'readonly':
    case 'optional':
      return inner(def.innerType, at)
    default:
      return [at]
  }
}

/** Bytes that stand for themselves among values. */
class Raw {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}
type Hostile = WireValue | Raw | readonly Hostile[] | { readonly [key: string]: Hostile | undefined }

const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const times = (count: number, byte: number): number[] => new Array<number>(count).fill(byte)
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const float64 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(9, 0xcb)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** One or more of each type of MessagePack, canonical or not, by name. */
export const HOSTILE_VALUES: Readonly<Record<string, Uint8Array>> = {
  nil: raw(0xc0),
  'never used': raw(0xc1),
  false: raw(0xc2),
  true: raw(0xc3),
  'fixint 0': raw(0),
  'fixint 127': raw(0x7f),
  'fixint -1': raw(0xff),
  'uint8 255': raw(0xcc, 0xff),
  'uint8 not shortest': raw(0xcc, 1),
  uint16: raw(0xcd, 0xff, 0xff),
  uint32: raw(0xce, ...times(4, 0xff)),
  'uint64 2^53-1': raw(0xcf, 0, 0x1f, ...times(6, 0xff)),
  'uint64 2^53': raw(0xcf, 0, 0x20, ...times(6, 0)),
  'uint64 max': raw(0xcf, ...times(8, 0xff)),
  int8: raw(0xd0, 0x80),
  int16: raw(0xd1, 0x80, 0),
  int32: raw(0xd2, 0x80, 0, 0, 0),
  'int64 min': raw(0xd3, 0x80, ...times(7, 0)),
  float32: raw(0xca, 0x3f, 0, 0, 0),
  'float32 NaN': raw(0xca, 0x7f, 0xc0, 0, 0),
  'float64 1': float64(1),
  'float64 NaN': float64(Number.NaN),
  'float64 Infinity': float64(Number.POSITIVE_INFINITY),
  'float64 -Infinity': float64(Number.NEGATIVE_INFINITY),
  'empty str': raw(0xa0),
  str: raw(0xa1, 0x78),
  'str of a control character': raw(0xa1, 0x1b),
  'str that is no UTF-8': raw(0xa2, 0xc3, 0x28),
  'str of 3000': raw(0xda, 0x0b, 0xb8, ...times(3_000, 0x78)),
  'empty bin': raw(0xc4, 0),
  'bin of 1': raw(0xc4, 1, 7),
  'bin of 8': raw(0xc4, 8, ...times(8, 7)),
  'bin of 16': raw(0xc4, 16, ...times(16, 7)),
  'bin of 32': raw(0xc4, 32, ...times(32, 7)),
  'bin of 300': raw(0xc5, 1, 0x2c, ...times(300, 7)),
  'bin without its end': raw(0xc6, ...times(4, 0xff)),
  'empty array': raw(0x90),
  'array of nil': raw(0x91, 0xc0),
  'array of bin': raw(0x91, 0xc4, 1, 7),
  'array of arrays': raw(0x92, 0x90, 0x91, 0x90),
  'array of maps': raw(0x91, 0x80),
  'array of floats': raw(0x91, ...float64(Number.NaN)),
  'array of 600': raw(0xdc, 2, 0x58, ...times(600, 0)),
  'array without its end': raw(0xdd, ...times(4, 0xff)),
  'nested 12 deep': raw(...times(12, 0x91), 0xc0),
  'nested 200 deep': raw(...times(200, 0x91), 0xc0),
  'empty map': raw(0x80),
  'map of one': raw(0x81, 0xa1, ...ascii('a'), 0),
  'map with a length': raw(0x81, 0xa6, ...ascii('length'), 1),
  'map like a list': raw(0x82, 0xa1, ...ascii('0'), 0xc0, 0xa6, ...ascii('length'), 1),
  'map with a prototype': raw(0x81, 0xa9, ...ascii('__proto__'), 0x80),
  'map with a constructor': raw(0x81, 0xab, ...ascii('constructor'), 0x80),
  'map with then and toJSON': raw(0x82, 0xa4, ...ascii('then'), 0xc3, 0xa6, ...ascii('toJSON'), 0xc3),
  'map with the key 1': raw(0x81, 1, 1),
  'map with a key twice': raw(0x82, 0xa1, ...ascii('a'), 0, 0xa1, ...ascii('a'), 0),
  'fixext 1': raw(0xd4, 1, 0),
  'fixext 16': raw(0xd8, 1, ...times(16, 0)),
  timestamp: raw(0xd6, 0xff, 0, 0, 0, 0),
  'ext 8': raw(0xc7, 1, 5, 0),
}

/** The canonical bytes of `body` with `bytes` in place of one field; what stands in the way of the field gives way. */
export function withField(body: WireValue, path: Path, bytes: Uint8Array): Uint8Array {
  return packed(place(body, path, new Raw(bytes)))
}

const isMap = (value: unknown): value is Record<string, Hostile | undefined> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function place(body: Hostile | undefined, [key, ...rest]: Path, value: Raw): Hostile {
  if (key === undefined) return value
  if (typeof key === 'number') {
    const list: Hostile[] = Array.isArray(body) ? [...(body as Hostile[])] : []
    list[key] = place(list[key], rest, value)
    return list
  }
  const map = isMap(body) ? body : {}
  return { ...map, [key]: place(map[key], rest, value) }
}

/** MessagePack of `value`, the raw bytes in it as they are. */
function packed(value: Hostile): Uint8Array {
  if (value instanceof Raw) return value.bytes
  if (Array.isArray(value)) {
    const items = (value as readonly Hostile[]).map(packed)
    return Buffer.concat([sized(items.length, 0x90, 0xdc), ...items])
  }
  if (!isMap(value)) return encodeValue(value as WireValue)
  const entries = Object.entries(value)
    .filter((entry): entry is [string, Hostile] => entry[1] !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return Buffer.concat([
    sized(entries.length, 0x80, 0xde),
    ...entries.flatMap(([key, item]) => [encodeValue(key), packed(item)]),
  ])
}

const sized = (length: number, short: number, long: number): Uint8Array =>
  length < 16 ? raw(short | length) : raw(long, length >> 8, length & 0xff)
