// Field schemas that several shapes of the API share. Every text and list has a bound.
import * as z from 'zod'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { TRUST_LEVELS } from '../../../base/words/trust-levels.ts'
import { SHARING_CATEGORIES } from '../../../trust/policy/index.ts'

/** Most entries of a list without a bound of its own. */
const LIST_MAX = 100_000

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

export const listOf = <T extends z.ZodType>(item: T, max: number = LIST_MAX) =>
  z.array(item).max(max).readonly()

export const text = (max: number, what: string) => z.string().max(max).describe(what)

/** A text that is not empty. */
export const someText = (max: number, what: string) => z.string().min(1).max(max).describe(what)

export const pattern = (form: RegExp, what: string) => z.string().regex(form).describe(what)

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, what: string) =>
  z.enum(words).describe(what)

/** A signed frame, in base64url. */
export const frameText = (max: number, what: string) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/)
    .describe(what)

/** The id of this node. */
export const ownNodeId = () => pattern(/^karo:ed25519:[A-Za-z0-9_-]{43}$/, 'the key, in unpadded base64url')

export const nodeId = () => ownNodeId() as unknown as z.ZodType<NodeId, string>

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

/** A node as a person names it. */
export const who = () => someText(256, 'a node id, a fingerprint in any grouping, or a name')

export const riskLevel = () => z.enum(RISK_LEVELS).describe('level that the risk rules give the command')
export const trustLevel = () => z.enum(TRUST_LEVELS).describe('how far this node trusts the other one')
export const sharingCategory = () => z.enum(SHARING_CATEGORIES).describe('a category of numbers')
export const category = () => text(24, 'its category in the public dictionary')

/** Level 1 or 2; `what` says of what. */
export const level = (what: string) => z.literal([1, 2]).meta({ type: 'integer', description: what })

export const timeRange = z
  .strictObject({ start: moment('first moment'), end: moment('the moment after it, exclusive') })
  .meta({ id: 'TimeRange' })

export const nodeRef = z
  .strictObject({ node_id: nodeId(), fingerprint: fingerprint(), name: nodeName() })
  .meta({ id: 'NodeRef', description: 'A node, and its name on this machine.' })
