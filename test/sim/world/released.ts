// The totals of the simulation, compared with plain addition over the machines that the two aggregators agreed on.
import { slotOfBucket } from '../../../protocols/buckets.ts'
import { placesIn } from '../../../src/base/bits.ts'
import { openTally } from '../../../src/exchange/aggregates/index.ts'
import { entriesOf } from '../../../src/exchange/aggregates/listing.ts'
import type { Contributions } from '../../../src/exchange/totals/types.ts'
import { createHints } from '../../../src/trust/identity/index.ts'
import { identityOf, refuses, usesOf, type WorldNode } from './node.ts'
import { READER, type World } from './world.ts'

const AUTHOR_BYTES = 8

export interface Released {
  readonly batches: number
  readonly contributions: Contributions
  /** Machines that the aggregators listed, agreed on, and added up. */
  readonly truth: { readonly contributed: number; readonly declined: number; readonly unheard: number }
  /** Each sum and each count is that of plain addition. */
  readonly exact: boolean
}

/** What the entitled machine reads; undefined: nothing was released yet. */
export async function readReleased(world: World): Promise<Released | undefined> {
  const reader = world.nodes[READER] as WorldNode
  if (!reader.running) return undefined
  const totals = await reader.machine.room.read('security', 'ToolUsage', world.bucket)
  const [bucket] = totals.buckets
  if (bucket?.contributions === undefined || bucket.why !== undefined) return undefined
  const { added, common } = await agreed(world)
  const [uses, failures, nodes] = bucket.batches.reduce(
    (sum, { rows }) => {
      const { nodes = 0, values = [] } = rows.get('git') ?? {}
      return [sum[0] + (values[0] ?? 0), sum[1] + (values[1] ?? 0), sum[2] + nodes] as const
    },
    [0, 0, 0] as readonly [number, number, number],
  )
  const plain = [...added].reduce((sum, { index }) => sum + usesOf(index), 0)
  const plainFailures = [...added].reduce((sum, { index }) => sum + index, 0)
  const declined = [...common].filter(({ index }) => refuses(index)).length
  return {
    batches: bucket.batches.length,
    contributions: bucket.contributions,
    truth: { contributed: added.size, declined, unheard: world.nodes.length - common.size },
    exact: uses === plain && failures === plainFailures && nodes === added.size,
  }
}

/** By the tallies of both aggregators: whom they added up, and whose shares both have. */
async function agreed(world: World): Promise<{ added: Set<WorldNode>; common: Set<WorldNode> }> {
  const mesh = (world.totals.plan as NonNullable<typeof world.totals.plan>).mesh
  const prefix = `${slotOfBucket(world.bucket)}:`
  const byKey = new Map(
    world.nodes.map((node) => [
      Buffer.from(identityOf(node.index).publicKey.subarray(0, AUTHOR_BYTES)).toString('hex'),
      node,
    ]),
  )
  const parts = await Promise.all(
    world.nodes.slice(0, 2).map(async ({ machine }) => {
      const { identity } = machine.node
      const self = { identity, hints: createHints(identity.agree) }
      const documents = await machine.node.room.of(identity.nodeId, 'tally', (slot) =>
        slot.startsWith(prefix),
      )
      return documents.map(({ bytes }) => openTally([self], bytes, { mesh, bucket: world.bucket }))
    }),
  )
  const added = new Set<WorldNode>()
  const common = new Set<WorldNode>()
  const all = parts.flat()
  for (const { attempt, plain } of all) {
    const { agreement } = plain
    const listing = all.find((one) => one.attempt === attempt && one.plain.listing !== undefined)?.plain
      .listing
    // Without a settlement nothing of the bucket was opened.
    const isSettled = all.some((one) => one.attempt === attempt && one.plain.settlement !== undefined)
    if (agreement === undefined || listing === undefined || !isSettled) continue
    const entries = entriesOf(listing) ?? []
    const nodeAt = (at: number): WorldNode | undefined =>
      byKey.get((entries[at] as string).slice(0, 2 * AUTHOR_BYTES))
    for (const at of placesIn(agreement.common)) {
      const node = nodeAt(at)
      if (node !== undefined) common.add(node)
    }
    for (const at of agreement.groups.flatMap(({ members }) => placesIn(members))) {
      const node = nodeAt(at)
      if (node !== undefined) added.add(node)
    }
  }
  return { added, common }
}
