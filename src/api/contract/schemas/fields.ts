// Field schemas that several shapes of the API share, besides those of its documents (base/shape/fields.ts).
import * as z from 'zod'
import type { NodeId } from '../../../../protocols/node-id.ts'
import * as fields from '../../../base/shape/fields.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { TRUST_LEVELS } from '../../../base/words/trust-levels.ts'
import { SHARING_CATEGORIES } from '../../../trust/policy/index.ts'

export * from '../../../base/shape/fields.ts'

export const flag = (what: string) => z.boolean().describe(what)

/** A text that is not empty. */
export function someText(max: number, what?: string) {
  const field = z.string().min(1).max(max)
  return what === undefined ? field : field.describe(what)
}

/** An integer from `least` to `most`. */
export function whole(least: number, most: number, what?: string) {
  const field = z.int().min(least).max(most)
  return what === undefined ? field : field.describe(what)
}

/** A document with a name of its own in the OpenAPI document: these members and no others. */
export const named = <Fields extends z.core.$ZodLooseShape>(
  id: string,
  fields: Fields,
  description?: string,
) => z.strictObject(fields).meta({ id, ...(description !== undefined && { description }) })

/** A text of `length` hex digits. */
export const digits = (length: number, what: string) =>
  fields.pattern(new RegExp(`^[0-9a-f]{${length}}$`), what)

/** A signed frame, in base64url. */
export const frameText = (max: number, what: string) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/)
    .describe(what)

export function nodeId(what?: string) {
  const id = fields.nodeId<NodeId>()
  return what === undefined ? id : id.describe(what)
}

/** A node as a person names it. */
export const who = () => someText(256, 'a node id, a fingerprint in any grouping, or a name')

export const riskLevel = () => z.enum(RISK_LEVELS).describe('level that the risk rules give the command')
export const trustLevel = () => z.enum(TRUST_LEVELS).describe('how far this node trusts the other one')
export const sharingCategory = () => z.enum(SHARING_CATEGORIES).describe('a category of numbers')
export const category = () => fields.text(24, 'its category in the public dictionary')

/** What names a node. */
export const nodeFields = { node_id: nodeId(), fingerprint: fields.fingerprint(), name: fields.nodeName() }

export const nodeRef = named('NodeRef', nodeFields, 'A node, and its name on this machine.')

/** Of the whole mesh, as certificates say. */
export const totalsReaders = fields
  .rowsOf(8, {
    audience: fields.text(64, 'a role'),
    nodes: fields.listOf(nodeRef, 256),
    operators: fields.listOf(nodeRef, 256).describe('people with the role, wherever they are logged in'),
  })
  .describe('who may read totals, by the role that gets them; empty: the mesh computes none')
