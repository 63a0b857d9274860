// THE property of the room: when a partition has healed, every recipient has every document that anybody kept, by count.
import { describe, expect, it } from 'vitest'
import { times } from '../../../support/run/thorough.ts'
import { HOUR, MINUTE, type Network, type Node, networkOf } from './network.ts'

/** One slot of one author. */
interface Shared {
  readonly author: Node
  /** Who may read each edition. */
  readonly editions: Map<number, ReadonlySet<Node>>
}

interface Story {
  readonly nodes: number
  /** Links each; undefined: everybody is linked to everybody. */
  readonly degree?: number
  readonly seed: number
  /** What may go wrong on the way. */
  readonly cut?: number
  readonly loss?: number
}

const nameOf = (author: Node, slot: string): string =>
  `${Buffer.from(author.identity.publicKey).toString('hex')} summary ${slot}`

async function tell({ nodes: count, degree, seed, ...faults }: Story) {
  const network = await networkOf(count, { seed, ...faults })
  const { random, nodes } = network
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const some = <T>(all: readonly T[], share: number): T[] => all.filter(() => random() < share)
  await network.meet(2 * MINUTE, degree)

  const shared = new Map<string, Shared>()
  const share = async (author: Node, hoursAgo: number): Promise<void> => {
    const others = nodes.filter((node) => node !== author)
    const recipients = random() < 0.5 ? some(others, 0.1) : some(others, 0.5)
    const start = network.now - hoursAgo * HOUR
    const version = network.now
    await author.share(start, recipients, version)
    const name = nameOf(author, `hour:${Math.floor(start / HOUR)}`)
    const one = shared.get(name) ?? { author, editions: new Map() }
    shared.set(name, one)
    one.editions.set(version, new Set(recipients))
  }
  const running = (): Node[] => nodes.filter((node) => node.running)

  // Everybody is there.
  for (const author of nodes) for (let hour = 0; hour < 2; hour++) await share(author, hour)
  await network.pass(10 * MINUTE)

  // The mesh falls apart; people close their laptops, and some open them again.
  const groups = new Map(nodes.map((node) => [node, Math.floor(random() * 3)]))
  network.partition((node) => groups.get(node) as number)
  const gone = new Set<Node>()
  for (let step = 0; step < 12; step++) {
    network.weave(degree)
    for (const author of some(running(), 0.3)) await share(author, Math.floor(random() * 6))
    await network.pass(2 * MINUTE * random())
    const leaving = pick(running())
    await leaving.stop()
    if (random() < 0.4) gone.add(leaving)
    await network.pass(2 * MINUTE * random())
    const back = pick(nodes.filter((node) => !node.running && !gone.has(node)))
    if (back !== undefined && random() < 0.7) await back.start()
  }

  // It heals; those who left for good stay away, the others come back when they like.
  for (const node of nodes) if (!node.running && !gone.has(node) && random() < 0.5) await node.start()
  network.partition(() => 0)
  await network.meet(20 * MINUTE, degree)
  for (const node of nodes) if (!node.running && !gone.has(node)) await node.start()
  await network.meet(100 * MINUTE, degree)
  return { network, shared }
}

/** What anybody who is there still has is what everybody entitled to it must have. */
function judge(network: Network, shared: ReadonlyMap<string, Shared>) {
  const running = network.nodes.filter((node) => node.running)
  const holdings = new Map(running.map((node) => [node, node.holdings()]))
  let expected = 0
  let held = 0
  let strangers = 0
  const missing: string[] = []
  for (const [name, { author, editions }] of shared) {
    const newest = Math.max(0, ...running.map((node) => holdings.get(node)?.get(name)?.version ?? 0))
    for (const node of running) {
      const row = holdings.get(node)?.get(name)
      if (editions.get(newest)?.has(node)) {
        expected++
        if (row?.version === newest && row.role === 'received') held++
        else missing.push(`${node.number} lacks ${author.number} ${name.slice(-11)}`)
      } else if (row?.role === 'received') strangers++
    }
  }
  return { expected, held, strangers, missing }
}

const stories: readonly Story[] = [
  { nodes: times(14, 20), seed: 2, cut: 0.3, loss: 0.05 },
  { nodes: times(14, 20), seed: 3, degree: 4, cut: 0.1, loss: 0.05 },
  { nodes: times(18, 50), seed: 5, degree: 8, cut: 0.05, loss: 0.05 },
]

describe('after a partition', () => {
  it.each(stories)('$nodes nodes, links $degree, cut $cut, loss $loss, seed $seed', async (story) => {
    const { network, shared } = await tell(story)
    const { expected, held, strangers, missing } = judge(network, shared)
    expect(missing).toEqual([])
    expect(held).toBe(expected)
    expect(expected).toBeGreaterThan(story.nodes * 4)
    expect(strangers).toBe(0)
  })
})
