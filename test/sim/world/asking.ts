// Questions in the simulation of the whole, each compared with what is true.
import type { QueryResult } from '../../../src/exchange/query/schema.ts'
import { refuses, usesOf, type WorldNode } from './node.ts'
import { SERVERS, type World } from './world.ts'

const TIMEOUT_MS = 10_000
/** Whoever came a moment ago does not know the others yet. */
const SETTLED_MS = 60_000
/** Whoever came just now is in no mesh yet. */
const JOINED_MS = 10_000

export interface Asked {
  readonly asker: number
  /** Nodes that were on from JOINED_MS before the question to its end and that the asker knew, itself not counted. */
  readonly steady: number
  /** Nodes that were on just as long, and of which the asker had not heard yet: a question is for the members that are known. */
  readonly unknown: number
  /** Those of them that gave what they would: an answer, or their refusal. */
  readonly heard: number
  /** Nodes whose outcome is not what is true: off and answered, or another outcome than its people decided. */
  readonly wrong: readonly string[]
  /** The sum is that of plain addition over whoever answered. */
  readonly exact: boolean
  readonly elapsedMs: number
}

/** One question of a node that has been on for some time; undefined: nobody has. */
export async function askOne(world: World): Promise<Asked | undefined> {
  const begun = world.now
  const able = world.nodes.filter(({ running, since }) => running && begun - since >= SETTLED_MS)
  const asker = able[world.random.below(Math.max(1, able.length))]
  if (asker?.query === undefined) return undefined
  const joined = world.nodes.filter(({ running, since }) => running && begun - since >= JOINED_MS)
  const on = new Map(joined.map((node) => [node, node.since]))
  const known = new Set(asker.sim.trust.members().map(({ node_id }) => node_id))
  const result = await asker.query.ask({ level: 1, timeoutMs: TIMEOUT_MS })
  const all = [...on].filter(([node, since]) => node !== asker && node.running && node.since === since)
  const steady = all.map(([node]) => node).filter(({ sim }) => known.has(sim.id))
  return { ...compared(world, asker, steady, begun, result), unknown: all.length - steady.length }
}

function compared(
  world: World,
  asker: WorldNode,
  steady: readonly WorldNode[],
  begun: number,
  result: QueryResult,
): Omit<Asked, 'unknown'> {
  const outcomes = new Map(result.coverage.nodes.map(({ fingerprint, outcome }) => [fingerprint, outcome]))
  const outcomeOf = (node: WorldNode): string | undefined => outcomes.get(node.sim.id.slice(-16))
  const given = (node: WorldNode): string => (refuses(node.index) ? 'denied' : 'answered')
  const wrong: string[] = []
  let sum = usesOf(asker.index)
  for (const node of world.nodes) {
    if (node === asker) continue
    const outcome = outcomeOf(node)
    if (outcome === 'answered') sum += usesOf(node.index)
    const wasOn = node.running || node.since >= begun
    const isSaid = outcome === 'answered' || outcome === 'denied'
    if (isSaid && (!wasOn || outcome !== given(node))) wrong.push(`n${node.index} ${outcome}`)
  }
  const data = result.data as { readonly tools: readonly { readonly tool: string; readonly uses: number }[] }
  return {
    asker: asker.index,
    steady: steady.length,
    wrong,
    heard: steady.filter((node) => outcomeOf(node) === given(node)).length,
    exact: data.tools.find(({ tool }) => tool === 'git')?.uses === sum,
    elapsedMs: result.timing.elapsed_ms,
  }
}

export const isServer = ({ index }: WorldNode): boolean => index < SERVERS
