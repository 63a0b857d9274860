// An author whom one node alone reaches: that node carries its documents for those who cannot, in bounds.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createCarrier } from '../../../../src/exchange/documents/carrier.ts'
import { candidate, documentTicket, holdersOf } from '../../../../src/exchange/documents/members.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import { HOUR, MINUTE, Network, type Node } from './network.ts'

type Five = readonly [Node, Node, Node, Node, Node]

const hourOf = (time: number): string => `hour:${Math.floor(time / HOUR)}`

/**
 * The first is the author, reached by the second only, while all others reach each other. The hour is one whose relays are
 * the last three.
 */
async function lonely(count = 5): Promise<[Network, Five, number]> {
  const network = new Network()
  network.add(count)
  const [author, only] = network.nodes as unknown as Five
  network.separate((a, b) => (a !== author && b !== author) || a === only || b === only)
  for (const node of network.nodes) await node.start()
  // All know of the author, through the one between.
  const keepKnown = (): void => {
    for (const a of network.nodes) for (const b of network.nodes) a.seen.set(b.id, network.now)
    network.time.after(MINUTE, keepKnown)
  }
  keepKnown()
  const all = network.nodes.map(({ id }) => candidate(id))
  for (let time = network.now; ; time -= HOUR) {
    const ticket = documentTicket(author.identity.publicKey, 'summary', hourOf(time))
    const holders = holdersOf(ticket, author.id, all)
    if (network.nodes.slice(-3).every(({ id }) => holders.includes(id))) {
      return [network, network.nodes as unknown as Five, time]
    }
  }
}

const roles = (network: Network): string[] =>
  network.nodes.map((node) => [...node.holdings().values()].map(({ role }) => role).join())

test('the only neighbour of an author carries its document for those who do not reach it', async () => {
  const [network, [author, , a], hour] = await lonely()
  await network.meet(MINUTE)
  await author.share(hour, [a])
  await network.pass(2 * MINUTE)
  expect(roles(network)).toEqual(['own', 'relayed', 'received', 'relayed', 'relayed'])
})

test('in a line of members it is carried from one to the next, though none of those between relays it', async () => {
  const [network, [author], hour] = await lonely(7)
  const { nodes } = network
  const last = nodes.at(-1) as Node
  network.separate((x, y) => Math.abs(nodes.indexOf(x) - nodes.indexOf(y)) === 1)
  await network.meet(MINUTE)
  await author.share(hour, [last])
  await network.pass(30 * MINUTE)
  expect(roles(network)).toEqual(['own', ...Array(5).fill('relayed'), 'received'])
})

test('what was issued while its author was alone is told of when it no longer is, after a restart as well', async () => {
  const [network, [author, only, a], hour] = await lonely()
  await only.stop()
  await network.meet(MINUTE)
  await author.share(hour, [a])
  await network.pass(MINUTE)
  await author.restart()
  await only.start()
  await network.meet(3 * MINUTE)
  expect(roles(network)).toEqual(['own', 'relayed', 'received', 'relayed', 'relayed'])
  // Now that it was got nobody is told again, however often the link comes and goes.
  const { told } = network
  for (let times = 0; times < 3; times++) {
    network.cutAll(author)
    network.connect(author, only)
    await network.pass(MINUTE)
  }
  expect(network.told).toBe(told)
})

test('where everybody reaches the author, only who is drawn relays', async () => {
  // Links that were dialled last no longer than they are needed: most ask a neighbour that has not got it.
  const network = new Network({ dialled: 1_000 })
  const nodes = network.add(12)
  for (const node of nodes) await node.start()
  for (const [i, node] of nodes.entries()) network.connect(node, nodes[(i + 1) % 12] as Node)
  await network.pass(MINUTE)
  const [author] = nodes as [Node]
  const far = nodes[6] as Node
  const all = nodes.map(({ id }) => candidate(id))
  for (let back = 0; back < 10; back++) await author.share(network.now - back * HOUR, [far])
  await network.pass(5 * MINUTE)
  expect(far.room.counts().received).toBe(10)
  for (const node of nodes) {
    for (const { slot, role } of node.holdings().values()) {
      const ticket = documentTicket(author.identity.publicKey, 'summary', slot)
      const drawn = holdersOf(ticket, author.id, all).includes(node.id)
      if (role === 'relayed') expect(drawn).toBe(true)
    }
  }
})

test('a neighbour has a burst of documents carried and then twelve a minute, and none that nobody told of', async () => {
  const time = new VirtualTime(Date.UTC(2026, 10, 18, 10))
  const network = new Network()
  const [author, between, asker, other] = network.add(4) as [Node, Node, Node, Node]
  const fetched: NodeId[] = []
  const carrier = createCarrier({ clock: time.clock })
  const head = (version: number) => ({
    author: author.id,
    publicKey: author.identity.publicKey,
    kind: 'summary',
    slot: 'hour:1',
    version,
    digest: new Uint8Array(32),
    hints: new Uint8Array(0),
  })
  const ask = (who: Node, version: number): void => {
    const { publicKey, kind, slot } = head(version)
    for (let times = 0; times < 3; times++) {
      const carried = carrier.missed(who.id, { author: publicKey, kind, slot, version })
      if (carried !== undefined) fetched.push(who.id)
    }
  }
  ask(asker, 1)
  expect(fetched).toEqual([])
  for (let version = 1; version <= 300; version++)
    carrier.heard({ wanted: head(version), announcer: author.id, from: between.id })
  for (let version = 1; version <= 300; version++) ask(asker, version)
  // The last one of the burst is paid for later.
  const burst = fetched.length
  expect(burst).toBeGreaterThanOrEqual(64)
  expect(burst).toBeLessThanOrEqual(65)
  expect(carrier.carries(head(2))).toBe(true)
  expect(carrier.carries(head(299))).toBe(false)
  // Another one is not held back by it.
  ask(other, 299)
  expect(fetched.at(-1)).toBe(other.id)
  time.advance(MINUTE)
  for (let version = 1; version <= 300; version++) ask(asker, version)
  expect(fetched.length - burst - 1).toBeGreaterThanOrEqual(11)
  expect(fetched.length - burst - 1).toBeLessThanOrEqual(13)
})
