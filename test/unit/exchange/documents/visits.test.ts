// How soon members without a link are visited, and how many visits that takes, among a hundred members and among many.
import { describe, expect, it, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createVisits } from '../../../../src/exchange/documents/absence/visits.ts'
import { randomOf } from '../../../support/run/random.ts'
import { times } from '../../../support/run/thorough.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import { HOUR, MINUTE, type Node, networkOf, running } from './network.ts'

const SECOND = 1_000
const LINKS = 8
/** Those that wrote for a reader before it went away. */
const AUTHORS = 10

const nameOf = (index: number): NodeId => `member ${index}` as unknown as NodeId

interface Options {
  readonly members: number
  /** Those that wrote for this node before. */
  readonly likely?: readonly number[]
  readonly isReachable?: (node: NodeId) => boolean
}

/** One node beside many members; with the visits that it makes, and when each was. */
function nodeAmong({ members, likely = [], isReachable = () => true }: Options) {
  const time = new VirtualTime(0)
  const random = randomOf(members)
  const all = Array.from({ length: members }, (_, index) => nameOf(index))
  const doneAt = new Map<NodeId, number>()
  const made: { readonly node: NodeId; readonly at: number }[] = []
  const tried: { readonly node: NodeId; readonly at: number }[] = []
  const absent = new Set<NodeId>()
  const visits = createVisits({
    present: () => all.filter((node) => !absent.has(node)),
    isLikely: (node) => likely.some((index) => nameOf(index) === node),
    doneAt,
    clock: time.clock,
    random: { float: () => random.below(1e9) / 1e9 },
  })
  visits.start()
  const linked = new Map(all.slice(0, LINKS).map((node) => [node, true]))
  const look = (): void => {
    const at = time.clock.monotonic()
    const node = visits.look(linked)
    if (node !== undefined) {
      tried.push({ node, at })
      // A link came up, and both ends looked at all that the other one has.
      if (isReachable(node)) {
        made.push({ node, at })
        doneAt.set(node, at)
      }
      visits.visited(isReachable(node))
    }
    time.after(visits.at() - at, look)
  }
  time.after(visits.at(), look)
  const pass = (ms: number): void => time.advance(ms)
  const inHour = (hour: number): number =>
    made.filter(({ at }) => at >= hour * HOUR && at < (hour + 1) * HOUR).length
  return { time, doneAt, made, tried, absent, pass, inHour, unlinked: all.slice(LINKS) }
}

describe.each(times([100], [100, 1_000]))('among %i members', (members) => {
  it('visits each once within as many minutes, and never more than eighty in an hour', () => {
    const node = nodeAmong({ members })
    node.pass(members * MINUTE * 1.3)
    expect(new Set(node.made.map((visit) => visit.node))).toEqual(new Set(node.unlinked))
    for (let hour = 0; hour < members / 60; hour++) expect(node.inHour(hour)).toBeLessThanOrEqual(80)
  })

  it('rests after that: the next visits to the same members take as long as the first ones', () => {
    const node = nodeAmong({ members })
    node.pass(3 * members * MINUTE)
    const each = Map.groupBy(node.made, (visit) => visit.node)
    for (const visits of each.values()) expect(visits.length).toBeLessThanOrEqual(3)
    for (let hour = 0; hour < members / 20; hour++) expect(node.inHour(hour)).toBeLessThanOrEqual(80)
  })

  it('visits those that wrote for this node before within five minutes', () => {
    const likely = [LINKS, 50, 99]
    const node = nodeAmong({ members, likely })
    node.pass(5 * MINUTE + 30 * SECOND)
    const visited = new Set(node.made.map((visit) => visit.node))
    expect(likely.map(nameOf).filter((one) => !visited.has(one))).toEqual([])
    expect(node.made.length).toBeLessThan(12)
  })

  it('visits all of them within five seconds for each, where everybody wrote for this node', () => {
    const node = nodeAmong({ members, likely: Array.from({ length: members }, (_, index) => index) })
    node.pass(5 * MINUTE + members * 6 * SECOND)
    expect(new Set(node.made.map((visit) => visit.node)).size).toBe(members - LINKS)
  })

  it('visits nobody that has visited this node meanwhile', () => {
    const node = nodeAmong({ members })
    node.pass(MINUTE)
    const before = node.made.length
    for (const one of node.unlinked) node.doneAt.set(one, node.time.clock.monotonic())
    node.pass(30 * MINUTE)
    expect(node.made.length).toBe(before)
  })

  it('visits a member again that was away', () => {
    const node = nodeAmong({ members, likely: [60] })
    node.pass(10 * MINUTE)
    node.absent.add(nameOf(60))
    node.pass(MINUTE)
    node.absent.clear()
    const back = node.time.clock.monotonic()
    node.pass(6 * MINUTE)
    expect(node.made.some((visit) => visit.node === nameOf(60) && visit.at >= back)).toBe(true)
  })
})

it('is as fast as it can in a small mesh', () => {
  const node = nodeAmong({ members: LINKS + 10 })
  node.pass(3 * MINUTE)
  expect(new Set(node.made.map((visit) => visit.node))).toEqual(new Set(node.unlinked))
})

it('does not let members that cannot be reached use up the visits', () => {
  const node = nodeAmong({ members: 300, isReachable: (one) => one === nameOf(299) })
  node.pass(300 * MINUTE * 1.3)
  expect(new Set(node.made.map((visit) => visit.node))).toEqual(new Set([nameOf(299)]))
  const times = Map.groupBy(node.tried, (visit) => visit.node)
  // Nobody is given up, and nobody is dialled without end.
  expect(times.size).toBe(300 - LINKS)
  for (const tries of times.values()) {
    for (const [index, { at }] of tries.entries()) {
      if (index > 0) expect(at - tries[index - 1]!.at).toBeGreaterThanOrEqual(5 * MINUTE)
    }
  }
})

/** A reader that was away for an hour, in which ten wrote for it that did before, and one for the first time. */
async function absence(count: number, { loss, isGone }: { readonly loss: number; readonly isGone: boolean }) {
  const network = await networkOf(count, { seed: 4, dialled: MINUTE })
  const [reader, stranger, ...others] = network.nodes as [Node, Node, ...Node[]]
  const [authors, rest] = [others.slice(0, AUTHORS), others.slice(AUTHORS)]
  await network.meet(MINUTE, LINKS)
  for (const author of authors) await author.share(network.now, [reader])
  await network.pass(MINUTE)
  expect(reader.received.length).toBe(AUTHORS)

  await reader.stop()
  await network.pass(20 * MINUTE)
  network.lose(loss)
  for (const author of authors) await author.share(network.now - HOUR, [reader])
  await stranger.share(network.now - HOUR, [reader])
  await network.pass(21 * MINUTE)
  if (isGone) await stranger.stop()
  await network.pass(20 * MINUTE)
  // Until then: whoever finds a document by a walk tells of it as well.
  network.lose(0)

  await reader.start()
  network.hearEachOther()
  // None of its neighbours has a document for it.
  for (const node of rest.filter((node) => node.holdings().size === 0).slice(0, LINKS)) {
    network.connect(reader, node)
  }
  const back = network.now
  const when = new Map<NodeId, number>()
  reader.room.onKept(({ author: of }) => void when.set(of, network.now - back))
  return { network, reader, authors: authors.map(({ id }) => id), stranger, when }
}

describe.each(times([36], [100, 1_000]))(
  'after an absence, in a mesh of %i with up to eight links each',
  (count) => {
    it('hears from its neighbours what was announced meanwhile, and gets it where it is', async () => {
      const { network, authors, stranger, when, reader } = await absence(count, { loss: 0, isGone: true })
      // Before its own visits could find them: those take up to two minutes.
      await network.pass(10 * SECOND)
      expect(new Set(when.keys())).toEqual(new Set([...authors, stranger.id]))
      expect(reader.received.length).toBe(2 * AUTHORS + 1)
      expect(reader.rejected).toEqual([])
    })
  },
)

test('what no neighbour heard of is found by visits: soon where the reader knows who writes for it', async () => {
  const { network, authors, stranger, when } = await absence(times(50, 100), { loss: 1, isGone: false })
  await network.pass(6 * MINUTE)
  expect(authors.filter((author) => !when.has(author))).toEqual([])
  const end = network.time.clock.monotonic() + 100 * MINUTE
  await network.time.pass(() => when.has(stranger.id) || network.time.clock.monotonic() > end)
  expect(when.has(stranger.id)).toBe(true)
})

test('what a neighbour tells costs nothing where nobody was away', async () => {
  const [network, author, reader] = await running(20, { seed: 4 })
  await network.meet(10 * MINUTE, 4)
  for (let hour = 0; hour < 20; hour++) await author.share(network.now - hour * HOUR, [reader])
  await network.pass(10 * MINUTE)
  const before = network.offered
  const other = network.nodes.find(
    (node) => node !== reader && !network.linked(node, reader) && node.holdings().size === 0,
  ) as Node
  network.connect(reader, other)
  await network.pass(10 * SECOND)
  expect(network.offered - before).toBeLessThanOrEqual(20)
})
