// Two aggregators, the plan that names them, and a day for which they are drawn.
import { bucketOf } from '../../../../protocols/buckets.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { pairOf } from '../../../../src/exchange/aggregates/index.ts'
import type { StoredDocument } from '../../../../src/exchange/documents/index.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import type { Plan } from '../../../../src/exchange/totals/index.ts'
import { createHints, type Identity } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { layoutOf, MESH } from '../aggregates/world.ts'

/** Of these aggregators, each of another operator. */
export const planOf = (aggregators: readonly Pick<Identity, 'publicKey'>[], more?: Partial<Plan>): Plan => ({
  mesh: MESH,
  bundle: 1,
  k: 3,
  length: 'hour',
  audiences: ['security'],
  aggregators: aggregators.map(({ publicKey: key }, at) => ({ key, operator: `op-${at}` })),
  ...more,
})

export const BUCKET = bucketOf('day', Date.UTC(2026, 10, 18, 10))
export const TOOLS = layoutOf('ToolUsage', ['git'], ['uses'])
/** In the order of the plan. */
export const AGGREGATORS = [testIdentity(1), testIdentity(2)] as const
export const PLAN = planOf(AGGREGATORS, { length: 'day' })
const PAIR = pairOf(MESH, BUCKET, PLAN.aggregators)!
export const ABOUT = { mesh: MESH, bucket: BUCKET, pair: PAIR }
/** The leader first. */
export const DRAWN = PAIR.map((key) =>
  AGGREGATORS.find(({ nodeId }) => nodeId === formatNodeId(key)),
) as unknown as readonly [Identity, Identity]
export const selfOf = (identity: Identity) => ({ identity, hints: createHints(identity.agree) })

/** Documents as their room keeps them: the edition of each slot of an author that was kept last. */
export function shelfOf(now: () => number) {
  const kept = new Map<string, StoredDocument>()
  const of = (author: NodeId, kind: string, wants: (slot: string) => boolean = () => true) =>
    [...kept.values()].filter(({ head }) => head.author === author && head.kind === kind && wants(head.slot))
  function keep(bytes: Uint8Array): void {
    const { head } = readDocument(bytes, now())
    kept.set(`${head.author} ${head.kind} ${head.slot}`, { head, bytes, received_at: now() })
  }
  return { keep, of, slots: (author: NodeId, kind: string) => of(author, kind).map(({ head }) => head.slot) }
}
