// The plaintexts of what is sealed, as canonical MessagePack: by one schema before sealing and after opening, within one bound.
import type { z } from 'zod'
import { conform } from './conform.ts'
import type { WireBody } from './define.ts'
import { decodeValue, encodeValue } from './messagepack.ts'
import { pad } from './padding.ts'
import { FrameError } from './reject.ts'

export interface Codec<T> {
  /** Only what the schema names is written. FrameErrors: `malformed` when it does not fit, `too_large`. */
  encode(value: T): Uint8Array
  /** An author's words are no more trusted than a frame. FrameErrors: `malformed`, `too_large`; nothing else. */
  decode(bytes: Uint8Array): T
}

/** `sizes`: those that what is written is padded to, ascending. */
export function codec<T extends WireBody>(
  schema: z.ZodType<T>,
  name: string,
  most: number,
  sizes: readonly number[] = [],
): Codec<T> {
  const bounded = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length > most) throw new FrameError('too_large', `${name} of ${bytes.length} bytes`)
    return bytes
  }
  return {
    encode: (value) => bounded(pad(encodeValue(conform(schema, value)), sizes)),
    decode: (bytes) => conform(schema, decodeValue(bounded(bytes))),
  }
}
