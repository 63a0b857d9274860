// Two aggregators, the plan that names them, and a day for which they are drawn.
import { bucketOf } from '../../../../protocols/buckets.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { type Layout, pairOf } from '../../../../src/exchange/aggregates/index.ts'
import type { Plan } from '../../../../src/exchange/totals/index.ts'
import { createHints, type Identity } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

export const MESH = new Uint8Array(32).fill(7)
export const BUCKET = bucketOf('day', Date.UTC(2026, 10, 18, 10))
export const TOOLS: Layout = {
  version: 1,
  type: 'ToolUsage',
  rows: [{ name: 'git', values: ['uses'], counts: true, family: 'tools' }],
}
/** In the order of the plan. */
export const AGGREGATORS = [testIdentity(1), testIdentity(2)] as const
export const PLAN: Plan = {
  mesh: MESH,
  bundle: 1,
  k: 3,
  length: 'day',
  audiences: ['security'],
  aggregators: AGGREGATORS.map(({ publicKey }, at) => ({ key: publicKey, operator: `op-${at}` })),
}
export const PAIR = pairOf(MESH, BUCKET, PLAN.aggregators)!
/** The leader first. */
export const DRAWN = PAIR.map((key) =>
  AGGREGATORS.find(({ nodeId }) => nodeId === formatNodeId(key)),
) as unknown as readonly [Identity, Identity]
export const selfOf = (identity: Identity) => ({ identity, hints: createHints(identity.agree) })
