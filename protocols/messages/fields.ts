// Field schemas that several messages share: every string, list and number on the wire has a bound.
import * as z from 'zod'
import { isNodeId, type NodeId } from '../node-id.ts'

/** Where the generated JSON Schemas find the bounds of a binary field. */
export interface BinaryBounds {
  readonly minBytes: number
  readonly maxBytes: number
}

/** MessagePack bin of `min` to `max` bytes; `step`: their number is a multiple of it. */
export function bytes(min: number, max: number = min, step = 1): z.ZodType<Uint8Array> {
  const binary: BinaryBounds = { minBytes: min, maxBytes: max }
  return z
    .custom<Uint8Array>(
      (value) =>
        value instanceof Uint8Array &&
        value.length >= min &&
        value.length <= max &&
        value.length % step === 0,
      `expected ${min === max ? min : `${min} to ${max}`} bytes`,
    )
    .meta({ binary })
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at])

/** One hint beside a sealed key: eight bytes that only author and recipient can tell from random ones. */
export const HINT_BYTES = 8

/** 0 to 2^53 - 1. */
export const uint = (max: number = Number.MAX_SAFE_INTEGER) => z.int().min(0).max(max)

/** The last moment that has a date, ms since the Unix epoch: ECMA-262, "Time Values and Time Range". */
const LAST_MOMENT = 8_640_000_000_000_000

/** Milliseconds since the Unix epoch, a moment that has a date; `what` says which. */
export const timestamp = (what?: string) =>
  uint(LAST_MOMENT).describe(`${what === undefined ? '' : `${what}, `}milliseconds since the Unix epoch`)

/**
 * A short text that people will see, 1 to `max` Unicode code points (what Zod counts). No control or format characters and no line
 * separators: what a peer chose must not be able to steer a terminal or disguise itself.
 */
export const label = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'holds control or format characters')

/** So many hexadecimal digits, in lower case. */
export const hex = (min: number, max: number = min) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${min === max ? min : `${min},${max}`}}$`))

/** A lower-case name from a public dictionary: a tool, a category, a field. */
export const publicName = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9][a-z0-9._+-]*$/, 'not a public name')

/** The name of a type of question, of whatever release. */
export const typeName = () =>
  z
    .string()
    .max(32)
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'not a name of a query type')

/** `karo:ed25519:…` in its one canonical form. */
export const nodeId = (): z.ZodType<NodeId> =>
  z
    .string()
    .regex(/^karo:ed25519:[A-Za-z0-9_-]{43}$/)
    .refine((text) => isNodeId(text), 'not a canonical node id') as unknown as z.ZodType<NodeId>

/** At most `max` items; readonly, as everything decoded is. */
export const listOf = <T extends z.ZodType>(item: T, max: number) => z.array(item).max(max).readonly()

/** At most `max` objects with these members; others are passed over. */
export const rowsOf = <Fields extends z.core.$ZodLooseShape>(max: number, fields: Fields) =>
  listOf(z.object(fields), max)
