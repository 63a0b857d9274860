// Values of the database: a version byte, then MessagePack; migrations move a keyspace from one version to the next.
// Not 'msgpackr': that loads a native addon, which costs every start more than it saves in reading.
import { Packr, RESERVE_START_SPACE, Unpackr } from 'msgpackr/pack'
import { orElse } from '../../base/run/or-else.ts'

// Our own data at rest: no records (each value stands alone), no extensions, times as plain integers.
const options = { useRecords: false, moreTypes: false, structuredClone: false, copyBuffers: true } as const
const packr = new Packr({ ...options, encodeUndefinedAsNil: true })
const unpackr = new Unpackr({ ...options, int64AsType: 'number', mapsAsObjects: true })

/** Of every value whose form did not change yet. */
export const VALUE_VERSION = 1

/** `version` 1 to 255. */
export function encodeValue(value: unknown, version = VALUE_VERSION): Buffer {
  const out = packr.pack(value, RESERVE_START_SPACE + 1)
  out[0] = version
  return out
}

/** Throws when the bytes are damaged or of another version: a migration should have run. */
export function decodeValue<T>(bytes: Uint8Array, version = VALUE_VERSION): T {
  if (bytes[0] !== version) throw new Error(`stored value has version ${bytes[0]}, expected ${version}`)
  return unpackr.unpack(bytes.subarray(1)) as T
}

/** Undefined where the bytes are damaged or of another version. */
export const readValue = (bytes: Uint8Array): unknown => orElse(() => decodeValue<unknown>(bytes), undefined)
