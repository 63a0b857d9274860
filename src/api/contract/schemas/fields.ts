// Field schemas that several of the API's shapes share; all of it is JSON, every text and list has a bound.
import * as z from 'zod'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { TRUST_LEVELS } from '../../../base/words/trust-levels.ts'
import { SHARING_CATEGORIES } from '../../../trust/policy/index.ts'

/** Nobody's list here is longer; what a room bounds tighter says so itself. */
const LIST_MAX = 100_000

/** RFC 3339, any offset where it is asked, UTC where it is told. */
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

/** This node's own, which nobody looks up. */
export const ownNodeId = () =>
  z
    .string()
    .regex(/^karo:ed25519:[A-Za-z0-9_-]{43}$/)
    .describe('the key, in unpadded base64url')

export const nodeId = () => ownNodeId() as unknown as z.ZodType<NodeId, string>

export const fingerprint = () =>
  z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe('16 hex digits of BLAKE3 of the key; for people, never for authority')

export const digest = (what: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(`${what}, BLAKE3, 64 hex digits`)

export const traceId = () =>
  z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('ties log lines and ledgers of all nodes together, 32 hex digits')

/** What people here call a node; empty when no name is known. */
export const nodeName = () => text(256, 'what people here call it; empty when it is not known')

/** Roles and teams one person may give one node. */
export const labels = (what: string) => listOf(z.string().min(1).max(64), 16).describe(what)

/** A node as a person names it. */
export const who = () =>
  z.string().min(1).max(256).describe('a node id, a fingerprint in any grouping, or a name')

export const riskLevel = () => z.enum(RISK_LEVELS).describe('what the risk rules say of it')
export const trustLevel = () => z.enum(TRUST_LEVELS).describe('how far this node trusts it')
export const sharingCategory = () => z.enum(SHARING_CATEGORIES).describe('a category of numbers')
export const category = () => text(24, 'its category in the public dictionary')

/** Level 1 or 2; `what` says of what. */
export const level = (what: string) => z.literal([1, 2]).meta({ type: 'integer', description: what })

export const timeRange = z
  .strictObject({ start: moment('first moment'), end: moment('the moment after it, exclusive') })
  .meta({ id: 'TimeRange' })

export const nodeRef = z
  .strictObject({ node_id: nodeId(), fingerprint: fingerprint(), name: nodeName() })
  .meta({ id: 'NodeRef', description: 'A node, and what people here call it.' })
