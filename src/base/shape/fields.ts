// Field schemas of documents that the API shows: every text and list has a bound.
import * as z from 'zod'

/** Most entries of a list without a bound of its own. */
export const LIST_MAX = 100_000

/** A time in RFC 3339: requests may have any offset, answers are in UTC. */
export const moment = (what: string) =>
  z
    .string()
    .max(40)
    .meta({ format: 'date-time', description: `RFC 3339: ${what}` })

/** 0 to 2^53 - 1. */
export const count = (what: string) => z.int().min(0).describe(what)

/** Any integer. */
export const integer = (what: string) => z.int().describe(what)

export const share = (what: string) => z.number().min(0).max(1).describe(what)

export function listOf<T extends z.ZodType>(item: T, max: number = LIST_MAX, what?: string) {
  const list = z.array(item).max(max).readonly()
  return what === undefined ? list : list.describe(what)
}

/** A list of at most `max` objects with these members and no others. */
export const rowsOf = <Fields extends z.core.$ZodLooseShape>(max: number, fields: Fields, what?: string) =>
  listOf(z.strictObject(fields), max, what)

export const text = (max: number, what: string) => z.string().max(max).describe(what)

export const pattern = (form: RegExp, what: string) => z.string().regex(form).describe(what)

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, what: string) =>
  z.enum(words).describe(what)

/** The id of this node. */
export const ownNodeId = () => pattern(/^karo:ed25519:[A-Za-z0-9_-]{43}$/, 'the key, in unpadded base64url')

/** `Id` is the type that the rooms have for it. */
export const nodeId = <Id extends string>() => ownNodeId() as unknown as z.ZodType<Id, string>

export const fingerprint = () =>
  pattern(
    /^[0-9a-f]{16}$/,
    '16 hex digits of the BLAKE3 hash of the key; for people to read, never to grant rights',
  )

export const digest = (what: string) => pattern(/^[0-9a-f]{64}$/, `${what}, BLAKE3, 64 hex digits`)

export const traceId = () =>
  pattern(/^[0-9a-f]{32}$/, '32 hex digits, the same in the logs and ledgers of all nodes')

/** The name of a node on this machine; empty if it has none. */
export const nodeName = () => text(256, 'name of the node on this machine; empty if it has none')

/** Roles or teams of one node. */
export const labels = (what: string) => listOf(z.string().min(1).max(64), 16).describe(what)

/** Level 1 or 2; `what` says of what. */
export const level = (what: string) => z.literal([1, 2]).meta({ type: 'integer', description: what })

export const timeRange = z
  .strictObject({ start: moment('first moment'), end: moment('the moment after it, exclusive') })
  .meta({ id: 'TimeRange' })
