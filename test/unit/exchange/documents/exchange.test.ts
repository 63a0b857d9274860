// Documents between a few nodes: announced, fetched, moved by walking, replaced, relayed, kept over a restart.
import { expect, onTestFinished, test } from 'vitest'
import { createAnnouncer } from '../../../../src/exchange/documents/announcer.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import type { DocumentRow } from '../../../../src/store/tables/documents.ts'
import { DAY, HOUR, MINUTE, meshed, type Network, type Node, running } from './network.ts'

/** Why each node has the one document there is. */
const rolesOf = (network: Network): string[] =>
  network.nodes.map((node) => [...node.holdings().values()].map((row) => row.role).join())
/** An announcer whose notices are noted here, and a document; `ahead`: how far its clock is ahead of the event loop's, ms. */
async function announcing(ahead = { ms: 0 }) {
  const [network, author, reader] = await meshed(2)
  const published: unknown[] = []
  const { clock } = network.time
  const announcer = createAnnouncer({
    topic: { publish: (_, body) => void published.push(body) },
    clock: { ...clock, monotonic: () => clock.monotonic() + ahead.ms },
    timers: network.time,
    random: { float: () => 0.5, bytes: (length) => new Uint8Array(length) },
  })
  onTestFinished(() => announcer.stop())
  const document = readDocument(author.summary(network.now, [reader], network.now), network.now)
  return { network, announcer, document, published }
}
const versionsOf = (network: Network): (number | undefined)[] =>
  network.nodes.map((node) => [...node.holdings().values()][0]?.version)

test('a new document is with its recipients within two seconds, and with nobody it is not for', async () => {
  const [network, author, one, two] = await meshed(12)
  await author.share(network.now, [one, two])
  await network.pass(2_000)
  const roles = rolesOf(network)
  expect(roles.slice(0, 3)).toEqual(['own', 'received', 'received'])
  const relays = roles.filter((role) => role === 'relayed').length
  // A recipient may be one of the three that relay it.
  expect(relays).toBeGreaterThanOrEqual(1)
  expect(relays).toBeLessThanOrEqual(3)
  expect([one.received.length, two.received.length]).toEqual([1, 1])
  // Nobody got it twice.
  expect(network.moved).toBe(2 + relays)
})

test('where the author is nobody’s neighbour, its document comes from who passed the word on', async () => {
  const [network, author, next, middle, reader] = await running(4)
  network.connect(author, next)
  network.connect(next, middle)
  network.connect(middle, reader)
  await network.pass(MINUTE)
  const dials = network.dials
  await author.room.publish('audit_head', author.ledgerHead(7, 1))
  await network.pass(3_000)
  expect(network.nodes.map((node) => node.holdings('audit_head').size)).toEqual([1, 1, 1, 1])
  // What everybody wants is nothing to dial its author for.
  expect(network.dials).toBe(dials)
})

test('when a partition heals, whoever gets a document first tells its side of it', async () => {
  // The one link between the halves is not the reader's.
  const [network, author, holder, bridge, reader] = await running(9, { seed: 3 })
  const left = new Set([author, holder, bridge])
  network.partition((node) => (left.has(node) ? 0 : 1))
  network.connect(author, holder)
  network.connect(holder, bridge)
  for (const node of network.nodes) if (!left.has(node) && node !== reader) network.connect(reader, node)
  await network.pass(20 * MINUTE)
  const first = network.nodes[4] as Node
  await author.share(network.now, [holder, reader, first])
  await network.pass(10_000)
  await author.stop()
  network.partition(() => 0)
  network.connect(bridge, first)
  await network.pass(15_000)
  expect([3, 4].map((i) => rolesOf(network)[i])).toEqual(['received', 'received'])
})

test('when many get a document at the same time, a few of them say so', async () => {
  const [network, author, bridge] = await running(20, { seed: 4 })
  const others = network.nodes.slice(2)
  const left = new Set<Node>([author, bridge])
  network.partition((node) => (left.has(node) ? 0 : 1))
  await network.meet(20 * MINUTE)
  await author.share(network.now, others)
  await network.pass(10_000)
  network.partition(() => 0)
  const before = network.told
  await network.meet(30_000)
  expect(others.filter((node) => node.received.length === 1).length).toBe(18)
  expect(network.told - before).toBeGreaterThan(0)
  expect(network.told - before).toBeLessThan(5)
})

test('what somebody else told of is not told again', async () => {
  const { network, announcer, document, published } = await announcing()
  const { author: key, kind, slot, version, hints } = document
  const head = { author: key, kind, slot, version, hints, digest: document.head.digest }
  announcer.received(document)
  await network.pass(1_000)
  announcer.heard(head)
  await network.pass(MINUTE)
  announcer.received(document)
  await network.pass(MINUTE)
  expect(published).toEqual([])
  announcer.heard({ ...head, version: version - 1 })
  announcer.received({ ...document, version: version + 1 })
  await network.pass(MINUTE)
  expect(published).toEqual([{ heads: [{ ...head, version: version + 1 }] }])
})

test('a timer that rings a moment early, as those of Node do, puts off no announcement', async () => {
  const ahead = { ms: 0.6 }
  const { network, announcer, document, published } = await announcing(ahead)
  announcer.own(document)
  ahead.ms = 0
  await network.pass(110)
  expect(published).toHaveLength(1)
  // One message a second, however the timers ring.
  announcer.own({ ...document, slot: 'hour:1' })
  announcer.own({ ...document, slot: 'hour:2' })
  await network.pass(500)
  expect(published).toHaveLength(1)
  await network.pass(MINUTE)
  expect(published).toHaveLength(2)
})

test('who restarts goes on counting, so that those who looked before find what is new', async () => {
  const [network, author, reader] = await running(2, { loss: 1 })
  network.weave()
  const start = network.now
  for (let edition = 0; edition < 5; edition++) await author.share(start, [reader], start + edition)
  await network.pass(2 * MINUTE)
  await author.stop()
  author.repository.kept.clear()
  await author.start()
  network.weave()
  await author.share(start - HOUR, [reader])
  await network.pass(2 * MINUTE)
  expect(reader.room.counts().received).toBe(2)
})

test('only the newest edition stays, and an older one that comes later does not take its place', async () => {
  const [network, author, reader] = await meshed(3)
  const start = network.now
  await author.share(start, [reader])
  await network.pass(10_000)
  const version = network.now
  await author.share(start, [reader], version)
  await network.pass(10_000)
  expect(versionsOf(network)).toEqual([version, version, version])
  await expect(author.share(start, [reader], version - 1)).rejects.toMatchObject({ code: 'conflict' })
  const edition = author.summary(start, [reader], version + 1)
  await author.room.publish('summary', edition)
  await author.room.publish('summary', edition)
  await expect(reader.room.publish('summary', edition)).rejects.toMatchObject({ code: 'bad_request' })
})

test('an edition that is for others takes the place of one that was for this node', async () => {
  const [network, author, reader, other] = await meshed(20)
  const start = network.now
  await author.share(start, [reader])
  await network.pass(10_000)
  expect(reader.room.counts().received).toBe(1)
  await author.share(start, [other])
  await network.pass(10_000)
  expect(reader.room.counts()).toMatchObject({ received: 0, relayed: 1 })
  expect(await reader.room.of(author.id, 'summary')).toEqual([])
})

test('what was taken back does not come again from somebody who was away for long', async () => {
  const [network, author, reader, traveller] = await meshed(4)
  const week = network.now
  const share = (to: readonly Node[]) => author.room.publish('summary', author.weekly(week, to, network.now))
  await share([reader, traveller])
  await network.pass(MINUTE)
  expect([reader, traveller].map((node) => node.room.counts().received)).toEqual([1, 1])
  await traveller.stop()
  await network.pass(MINUTE)
  await share([])
  await network.pass(MINUTE)
  expect(reader.room.counts().received).toBe(0)
  for (const node of network.nodes) if (node.running) await node.stop()
  await network.pass(20 * DAY)
  await reader.start()
  await traveller.start()
  await network.meet(10 * MINUTE)
  expect([reader, traveller].map((node) => node.room.counts().received)).toEqual([0, 0])
})

test('a link that is cut in the middle goes on later, and moves nothing twice', async () => {
  const cuts = new Set([2, 4])
  const [network, author, reader] = await running(2, { cut: (batch) => cuts.has(batch), loss: 1 })
  for (let hour = 0; hour < 160; hour++) {
    await author.room.publish(
      'summary',
      author.summary(network.now - hour * HOUR, [reader], network.now, 4_000),
    )
  }
  await network.meet(2 * MINUTE)
  expect(reader.room.counts().received).toBe(160)
  expect(network.moved).toBe(160)
  // The heads once, and again those of the pages in which it was cut.
  expect(network.offered).toBeLessThanOrEqual(3 * 160)
})

test('what is kept is there after a restart, and is not asked for again', async () => {
  const [network, author, reader] = await meshed(2)
  for (let hour = 0; hour < 160; hour++) await author.share(network.now - hour * HOUR, [reader])
  await network.pass(5 * MINUTE)
  expect(reader.room.counts()).toMatchObject({ received: 160, own: 0, relayed: 0 })
  const { moved } = network
  await reader.restart()
  await network.meet(5 * MINUTE)
  expect(reader.room.counts()).toMatchObject({ received: 160 })
  expect(network.moved).toBe(moved)
  // Numbers go on where they were: what comes now is found by those who looked before.
  await author.share(network.now - 161 * HOUR, [reader])
  await network.pass(2_000)
  expect(reader.room.counts()).toMatchObject({ received: 161 })
})

test('what cannot be stored stops nothing, and is fetched when there is space again', async () => {
  const [network, author, other, reader] = await meshed(3)
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    reader.repository.fails = true
    // More than are fetched at once, heard of and found by walking.
    for (let hour = 0; hour < 8; hour++) {
      await author.share(network.now - hour * HOUR, [reader])
      await other.share(network.now - hour * HOUR, [reader])
    }
    await network.pass(10 * MINUTE)
    expect(reader.room.counts().received).toBe(0)
    reader.repository.fails = false
    await author.share(network.now + HOUR, [reader])
    await network.pass(2_000)
    expect(reader.room.counts().received).toBe(1)
    await network.pass(3 * MINUTE)
    expect(reader.room.counts().received).toBe(17)
  } finally {
    process.off('unhandledRejection', note)
  }
  expect(unhandled).toEqual([])
})

test('two that have looked at all of each other exchange two small frames a minute', async () => {
  const [network, author, reader] = await meshed(2)
  for (let hour = 0; hour < 50; hour++) await author.share(network.now - hour * HOUR, [reader])
  await network.pass(10 * MINUTE)
  const before = { ...network.sent }
  const { offered } = network
  await network.pass(HOUR)
  expect(network.offered).toBe(offered)
  // Two nodes, 60 rounds each, a quarter more or less.
  expect((network.sent.SyncRequest ?? 0) - (before.SyncRequest ?? 0)).toBeLessThan(2 * 60 * 1.35)
})

test('documents go when they expire: relayed ones after seven days, the others when they say', async () => {
  const [network, author, reader] = await meshed(6)
  const since = network.now
  await author.share(since, [reader])
  await network.pass(MINUTE)
  const relays = rolesOf(network).filter((role) => role === 'relayed').length
  expect(relays).toBeGreaterThan(0)
  for (const node of network.nodes) await node.stop()
  await network.pass(since + 7 * DAY - 10 * MINUTE - network.now)
  for (const node of network.nodes) await node.start()
  expect(rolesOf(network).filter((role) => role === 'relayed').length).toBe(relays)
  // Seven days after it was issued, and seven days after the end of its hour.
  await network.pass(30 * MINUTE)
  expect(rolesOf(network).slice(0, 2)).toEqual(['own', 'received'])
  expect(new Set(rolesOf(network).slice(2))).toEqual(new Set(['']))
  await network.pass(HOUR)
  expect(new Set(rolesOf(network))).toEqual(new Set(['']))
  expect(author.room.counts()).toEqual({ own: 0, received: 0, relayed: 0, bytes: 0, conflicts: 0 })
})

test('what another version of the program kept stays until it expires', async () => {
  const [network, node] = await running(1)
  await node.share(network.now, [])
  const [kept] = node.repository.kept.values()
  const row = { ...(kept as { row: DocumentRow }).row, kind: 'load', expires_at: network.now + HOUR }
  await node.repository.write({ put: [{ row, frame: new Uint8Array(1) }] })
  await node.restart()
  await network.pass(30 * MINUTE)
  expect(node.holdings('load').size).toBe(1)
  await network.pass(HOUR)
  expect([node.holdings('load').size, node.holdings().size]).toEqual([0, 1])
})

test('nothing of an author who is refused here is kept or given on', async () => {
  const [network, author, reader] = await meshed(3)
  reader.refused.add(author.id)
  await author.share(network.now, [reader])
  await network.pass(2 * MINUTE)
  expect(rolesOf(network)).toEqual(['own', '', 'relayed'])
  const third = network.nodes[2] as Node
  third.refused.add(author.id)
  reader.refused.clear()
  await author.stop()
  // It looks at everything again.
  await reader.restart()
  await network.meet(2 * MINUTE)
  expect(rolesOf(network)[1]).toBe('')
  third.refused.clear()
  await reader.restart()
  await network.meet(2 * MINUTE)
  expect(rolesOf(network)[1]).toBe('received')
})

test('own documents written before the start are kept and told when it has come', async () => {
  const [network, author, reader] = await running(2)
  await author.stop()
  await expect(author.share(network.now, [reader])).rejects.toMatchObject({ code: 'unavailable' })
  await author.start()
  network.weave()
  await author.share(network.now, [reader])
  await network.pass(2_000)
  expect(rolesOf(network)).toEqual(['own', 'received'])
})
