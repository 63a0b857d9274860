// What is kept and what is not: versions, bounds, authors that contradict themselves, neighbours that want or claim too much.

import { expect, test } from 'vitest'
import { bodyOf } from '../../../../protocols/frame.ts'
import { AuditHead } from '../../../../protocols/messages/audit.ts'
import {
  Heads,
  SyncBatch,
  type SyncBatchBody,
  SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../../protocols/messages/sync.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import { signRotation } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { keeperOver } from './keeping.ts'
import { headOf, INDEX, lies, offerOf, summaryHead } from './liar.ts'
import { DAY, HOUR, MINUTE, meshed, Network, type Node, running } from './network.ts'

/** A reader that has a document, and a liar that offers another one of the same version, and gives what `given` says. */
async function twins(given: (first: Uint8Array, twin: Uint8Array) => Uint8Array) {
  const [network, author, liar, reader] = await running(3, { loss: 1 })
  const version = network.now
  const first = author.summary(network.now, [reader], version)
  const twin = author.summary(network.now, [reader], version, 300)
  await author.room.publish('summary', first)
  network.connect(author, reader)
  await network.pass(MINUTE)
  expect(reader.room.counts()).toMatchObject({ received: 1, conflicts: 0 })
  const asked = lies(network, liar, (ask, say) => {
    if (ask.of === 'documents') say(SyncBatch, { documents: [given(first, twin)], gone: [] })
    else say(SyncOffer, offerOf([summaryHead(author, twin, version)]))
  })
  return { network, author, liar, reader, first, fetches: () => fetchesIn(asked) }
}
const fetchesIn = (asked: readonly SyncRequestBody[]): number =>
  asked.filter(({ ask }) => ask.of === 'documents').length

test('two documents of one version: the first stays, their author is counted and told on once', async () => {
  const { network, author, liar, reader, first, fetches } = await twins((_, twin) => twin)
  for (let i = 0; i < 3; i++) {
    network.connect(liar, reader)
    await network.pass(HOUR)
    network.cut(liar, reader)
  }
  expect(reader.room.counts()).toMatchObject({ received: 1, conflicts: 1 })
  expect([...reader.repository.kept.values()].map(({ frame }) => frame)).toEqual([first])
  expect(reader.audits).toMatchObject([
    { peer: author.id, details: { reason: 'two_documents_of_one_version' } },
  ])
  expect(fetches()).toBe(1)
})

test('a twin that nobody can show is nothing against its author', async () => {
  const { network, liar, reader, fetches } = await twins((first) => first)
  network.connect(liar, reader)
  await network.pass(10 * MINUTE)
  expect(reader.room.counts()).toMatchObject({ received: 1, conflicts: 0 })
  expect(fetches()).toBe(1)
})

test('a version from the future is not kept, and does not block the slot', async () => {
  const [network, author, reader] = await running(2, { loss: 1 })
  const ahead = network.now + 10 * MINUTE
  const frame = author.ledgerHead(5, 1, ahead)
  lies(network, author, (ask, say) => {
    if (ask.of === 'documents') say(SyncBatch, { documents: [frame], gone: [] })
    else say(SyncOffer, offerOf([headOf(author, 'audit_head', '', network.now, frame)]))
  })
  await network.meet(MINUTE)
  expect(reader.holdings('audit_head').size).toBe(0)
  await author.restart()
  await author.room.publish('audit_head', author.ledgerHead(6, 2))
  await network.meet(2 * MINUTE)
  expect(reader.holdings('audit_head').size).toBe(1)
})

test('a document from the future, expired, or that asks to be kept for years is none', () => {
  const network = new Network()
  const [author] = network.add(1) as [Node]
  const ahead = author.ledgerHead(1, 1, network.now + 6 * MINUTE)
  expect(() => readDocument(ahead, network.now)).toThrow('stale: the document is from the future')
  expect(readDocument(ahead, network.now + MINUTE).version).toBe(network.now + 6 * MINUTE)
  const frame = author.summary(network.now + 500 * DAY, [author], network.now)
  expect(() => readDocument(frame, network.now)).toThrow('malformed: kept for too long')
  expect(() => readDocument(author.summary(network.now, [], network.now), network.now + 8 * DAY)).toThrow(
    'stale',
  )
})

test('a clock that is ahead for a moment removes nothing; what stays expired goes', async () => {
  const network = new Network({})
  const [author] = network.add(1) as [Node]
  const { identity } = network.add(1)[0] as Node
  let ahead = 0
  let admits = true
  const now = () => network.now + ahead
  const keeping = { identity, now, ports: {}, admits: () => admits }
  const first = keeperOver(keeping)
  await first.keep(author.ledgerHead(1, 1))
  const { sweep, load, repository } = keeperOver({ ...keeping, repository: first.repository })
  await load()
  // At a start, and again later: certificates have ended then, too.
  for (let times = 0; times < 2; times++) {
    ahead = 400 * DAY
    admits = false
    await sweep()
    ahead = 0
    admits = true
    await sweep()
    expect(repository.kept.size).toBe(1)
  }
  ahead = 400 * DAY
  await sweep()
  await sweep()
  expect(repository.kept.size).toBe(0)
})

test('what comes in one batch is bounded as well', async () => {
  const [network, author] = await running(1, { loss: 1 })
  const small = network.add(1, { bounds: { documents: 40, bytes: 1_000_000 } })[0] as Node
  await small.start()
  for (let i = 0; i < 60; i++) await author.share(network.now - i * HOUR, [small])
  await network.meet(MINUTE)
  expect(small.repository.writes).toBeLessThan(10)
  expect(small.room.counts().received).toBe(40)
})

test('where a place has to be found for each of many, the event loop serves others in between', async () => {
  const network = new Network({})
  const authors = network.add(30)
  const { identity } = network.add(1)[0] as Node
  const now = () => network.now
  const bounds = { documents: 10, bytes: 1_000_000 }
  const { keepBatch, repository } = keeperOver({ identity, now, ports: {}, bounds, admits: () => true })
  let turns = 0
  const count = () => {
    turns++
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  await keepBatch(authors.map((author) => author.ledgerHead(1, 1)))
  clearImmediate(counting)
  expect(repository.kept.size).toBe(10)
  expect(turns).toBeGreaterThanOrEqual(20)
})

test('when there is no more room relayed documents go, the oldest first, and own ones always find room', async () => {
  const network = new Network({ loss: 1 })
  const [author, reader] = network.add(2) as [Node, Node]
  const [small] = network.add(1, { bounds: { documents: 6, bytes: 1_000_000 } }) as [Node]
  for (const node of network.nodes) await node.start()
  network.weave()
  await small.share(network.now, [])
  const share = async (slot: number, to: readonly Node[]) => {
    await author.share(network.now - slot * HOUR, to)
    await network.pass(2 * MINUTE)
  }
  for (let slot = 0; slot < 7; slot++) await share(slot, [reader])
  const slots = () => [...small.holdings().keys()].map((name) => name.slice(-11)).sort()
  expect(small.room.counts()).toMatchObject({ own: 1, received: 0, relayed: 5 })
  const kept = slots()
  await share(7, [small])
  expect(small.room.counts()).toMatchObject({ own: 1, received: 1, relayed: 4 })
  expect(kept.filter((slot) => !slots().includes(slot)).length).toBe(1)
  for (let slot = 8; slot < 20; slot++) await share(slot, [small])
  expect(small.room.counts()).toMatchObject({ own: 1, received: 5, relayed: 0 })
  // What is new of an author does not push out what is there of the same one.
  expect(small.received.length).toBe(5)
  await small.share(network.now - HOUR, [])
  expect(small.room.counts()).toMatchObject({ own: 2, received: 4, relayed: 0 })
})

/** A small store, an author that is admitted there, and two that one and the same neighbour speaks for. */
async function crowded() {
  const network = new Network({ loss: 1 })
  const [author, sponsor, ...guests] = network.add(4) as [Node, Node, Node, Node]
  // A kind that every known node may sign makes nobody an authority, whose documents have no bound for guests.
  const ports = { key_rotation: { wanted: () => true, accept() {}, isFirst: () => false } }
  const [small] = network.add(1, { ports, bounds: { documents: 40, bytes: 1_000_000 } }) as [Node]
  for (const guest of guests) small.announced.set(guest.id, sponsor.id)
  for (const node of network.nodes) await node.start()
  network.weave()
  const share = async (from: Node, first: number, count: number) => {
    for (let hour = first; hour < first + count; hour++) await from.share(network.now - hour * HOUR, [small])
    await network.pass(3 * MINUTE)
  }
  const kept = ({ identity }: Node) =>
    [...small.holdings().values()].filter((row) => !Buffer.compare(row.author, identity.publicKey)).length
  return { network, author, sponsor, guests: guests as [Node, Node], small, share, kept }
}

test('whoever is known through one neighbour alone has a quarter of the store, in equal parts', async () => {
  const { author, guests, share, kept } = await crowded()
  const [flooder, guest] = guests
  await share(flooder, 0, 30)
  expect(kept(flooder)).toBe(10)
  await share(guest, 0, 4)
  expect([kept(flooder), kept(guest)]).toEqual([6, 4])
  await share(guest, 4, 20)
  expect([kept(flooder), kept(guest)]).toEqual([5, 5])
  await share(author, 0, 35)
  expect(kept(author)).toBe(35)
  expect(kept(flooder) + kept(guest)).toBe(5)
})

test('what others are judged by does not leave a full store with the oldest documents of its author', async () => {
  const { network, author, sponsor, small, share, kept } = await crowded()
  const frame = signRotation(author.identity, testIdentity(60_001), network.now - 30 * DAY, systemRandom)
  await small.room.publish('key_rotation', frame)
  await share(author, 0, 39)
  expect([kept(author), small.holdings('key_rotation').size]).toEqual([39, 1])
  await share(sponsor, 0, 15)
  expect(kept(author)).toBeLessThan(39)
  expect(small.holdings('key_rotation').size).toBe(1)
})

test('a store that is full takes back what this node shared, and a newer edition of what it has', async () => {
  const { network, author, small, share, kept } = await crowded()
  const start = network.now
  await small.share(start, [author])
  await share(author, 0, 60)
  expect(small.room.counts()).toMatchObject({ own: 1, received: 39 })
  await small.share(start, [])
  expect(small.room.counts()).toMatchObject({ own: 1, received: 39 })
  await author.share(start, [small], network.now)
  await network.pass(3 * MINUTE)
  expect(kept(author)).toBe(39)
  expect([...small.holdings().values()].map(({ version }) => version)).toContain(network.now - 3 * MINUTE)
})

test('what there was no room for is not asked for on every walk', async () => {
  const { network, guests, share, small } = await crowded()
  await share(guests[0], 0, 30)
  const { moved } = network
  await small.restart()
  await network.meet(MINUTE)
  const again = network.moved - moved
  for (let i = 0; i < 3; i++) {
    network.cutAll(small)
    await network.meet(MINUTE)
  }
  // Once more after a restart, and never by a neighbour each.
  expect(again).toBeLessThanOrEqual(20)
  expect(network.moved - moved).toBe(again)
})

test('documents of whoever was known through a neighbour go when that one is refused', async () => {
  const { network, author, sponsor, guests, small, share, kept } = await crowded()
  await share(author, 0, 3)
  await share(guests[0], 0, 3)
  small.refused.add(sponsor.id)
  await network.pass(15 * MINUTE)
  expect([kept(author), kept(guests[0])]).toEqual([3, 0])
})

test('bytes are bounded as documents are', async () => {
  const network = new Network()
  const [author] = network.add(1) as [Node]
  const [small] = network.add(1, { bounds: { documents: 100, bytes: 20_000 } }) as [Node]
  for (const node of network.nodes) await node.start()
  network.weave()
  for (let slot = 0; slot < 10; slot++) {
    await author.room.publish('summary', author.summary(network.now - slot * HOUR, [], network.now, 5_000))
    await network.pass(MINUTE)
  }
  expect(small.room.counts()).toMatchObject({ relayed: 3 })
  expect(small.room.counts().bytes).toBeLessThanOrEqual(20_000)
})

test('a ledger that got shorter, or was rewritten, is noticed by those who keep its last head', async () => {
  const [network, author, one, two] = await meshed(3)
  const publish = async (seq: number, fill: number) => {
    await author.room.publish('audit_head', author.ledgerHead(seq, fill))
    await network.pass(MINUTE)
  }
  await publish(10, 1)
  await publish(12, 2)
  expect(one.audits).toEqual([])
  await publish(12, 3)
  await publish(11, 4)
  for (const node of [one, two]) {
    const of = { type: 'ledger_conflict', peer: author.id }
    expect(node.audits).toMatchObject([
      { ...of, details: { reason: 'its ledger was rewritten', seq_before: 12, seq_now: 12 } },
      { ...of, details: { reason: 'its ledger got shorter', seq_before: 12, seq_now: 11 } },
    ])
  }
  expect(author.audits).toEqual([])
  const [kept] = await one.room.of(author.id, 'audit_head')
  expect(kept?.head).toMatchObject({ author: author.id, kind: 'audit_head', slot: '' })
  expect(Buffer.from(kept?.bytes ?? []).includes(AuditHead.name)).toBe(false)
})

test('a document that changed on the disk is not handed out', async () => {
  const [network, author, reader] = await running(2)
  network.weave()
  await author.share(network.now, [reader])
  await author.share(network.now - HOUR, [reader])
  await network.pass(2_000)
  const [first] = reader.repository.kept.values()
  ;(first as { frame: Uint8Array }).frame[150]! ^= 1
  expect((await reader.room.of(author.id, 'summary')).length).toBe(1)
})

test('a neighbour that never comes to an end is walked in bounded steps, and others are walked meanwhile', async () => {
  const [network, liar, victim, honest] = await running(3)
  const asked = lies(network, liar, (ask, say) => {
    if (ask.of === 'documents') return
    say(SyncOffer, { index: INDEX, after: ask.after, through: ask.after + 1, end: false, heads: [] })
  })
  // The third does not take part yet.
  await honest.stop()
  network.connect(liar, victim)
  await network.pass(MINUTE)
  // At most 40 a second, 128 at a time, and then five seconds of rest.
  expect(asked.length).toBeGreaterThan(128 * 4)
  expect(asked.length).toBeLessThan(128 * 9)
  await honest.start()
  network.connect(honest, victim)
  await honest.share(network.now, [victim])
  await network.pass(3_000)
  expect(victim.room.counts().received).toBe(1)
})

test('an answer that is refused holds back nobody who is walked next', async () => {
  const [network, liar, mute, silent, victim, honest] = await running(5, { loss: 1 })
  for (const node of [mute, silent]) lies(network, node, () => {})
  const offer = { index: INDEX, after: 5, through: 5, end: true, heads: [] }
  lies(network, liar, (_, say) => void network.time.after(2_000, () => say(SyncOffer, offer)))
  await honest.share(network.now, [victim])
  for (const node of [liar, mute, silent]) network.connect(node, victim)
  await network.pass(1_000)
  // Three are walked already.
  network.connect(honest, victim)
  await network.pass(4_000)
  expect(victim.room.counts().received).toBe(1)
})

test('of one neighbour’s heads a burst is judged, and then some hundreds a second', async () => {
  const [network, liar, victim, author] = await running(3)
  await author.stop()
  let offered = 0
  lies(network, liar, (ask, say) => {
    if (ask.of === 'documents') return
    offered += 256
    const heads = Array.from({ length: 256 }, (_, i) => headOf(author, 'no_such_kind', `${i}`, network.now))
    say(SyncOffer, { index: INDEX, after: ask.after, through: ask.after + 256, end: false, heads })
  })
  network.connect(liar, victim)
  await network.pass(MINUTE)
  expect(offered).toBeGreaterThan(32_768 + 10_000)
  expect(offered).toBeLessThan(32_768 + 60 * 512 + 1_000)
})

test('a member whose answers are refused is not visited again and again', async () => {
  const [network, liar] = await running(3, { loss: 1 })
  const asked = lies(network, liar, (_, say) =>
    say(SyncOffer, { index: INDEX, after: 5, through: 5, end: true, heads: [] }),
  )
  await network.pass(2 * HOUR)
  // Two that visit it every five minutes or so; what it starts itself comes on top.
  expect(asked.length).toBeGreaterThan(20)
  expect(asked.length).toBeLessThan(110)
})

/** A notice of `liar`, as `reader` gets it. */
const tells = (liar: Node, reader: Node, now: number, heads: readonly object[]) => {
  const envelope = { sender: liar.identity.publicKey, ts: now, nonce: new Uint8Array(16), seq: 0 }
  const frame = { type: Heads.type, message: Heads, bytes: new Uint8Array(0), body: { heads } }
  reader.topic.notice(liar.ref, { ...frame, envelope }, liar.ref)
}

test('a head of a version that there is not holds back neither the word of the real one nor its document', async () => {
  const [network, liar, author, reader, other] = await meshed(4)
  const start = network.now
  const frame = author.summary(start, [reader, other], start)
  const forged = { ...summaryHead(author, frame, start), version: start + 4 * MINUTE }
  for (const node of network.nodes) if (node !== liar) tells(liar, node, start, [forged])
  await author.room.publish('summary', frame)
  tells(liar, author, start, [forged])
  await network.pass(1_000)
  expect([reader, other].map((node) => node.room.counts().received)).toEqual([1, 1])
})

test('nobody keeps an author from telling of its own document by telling of it first', async () => {
  const [network, liar, author, reader] = await running(3)
  network.connect(author, reader)
  network.connect(author, liar)
  await network.pass(MINUTE)
  const start = network.now
  const frame = author.summary(start, [reader], start)
  await author.room.publish('summary', frame)
  tells(liar, author, start, [summaryHead(author, frame, start)])
  await network.pass(1_000)
  expect(reader.room.counts().received).toBe(1)
})

test('who tells of documents and does not give them holds them back for two seconds, not for twenty', async () => {
  const [network, liar, author, middle, reader] = await running(4)
  network.connect(author, middle)
  network.connect(middle, reader)
  network.connect(liar, reader)
  await network.pass(2 * MINUTE)
  lies(network, liar, () => {})
  // A visit may have linked them.
  network.cut(author, reader)
  const start = network.now
  const tellOf = async (time: number): Promise<void> => {
    const frame = author.summary(time, [reader, middle], network.now)
    await author.room.publish('summary', frame)
    tells(liar, reader, network.now, [summaryHead(author, frame, network.now)])
  }
  for (let hour = 0; hour < 3; hour++) await tellOf(start - hour * HOUR)
  await network.pass(4_000)
  expect(reader.room.counts().received).toBe(3)
  // From then on others are asked, also when it is not waited for any more.
  await network.pass(30_000)
  network.cut(author, reader)
  await tellOf(start + HOUR)
  await network.pass(1_500)
  expect(reader.room.counts().received).toBe(4)
})

test('who asks for everything again and again gets a burst, and then a megabyte a second', async () => {
  const [network, greedy, giver] = await running(2, { loss: 1 })
  for (let hour = 0; hour < 100; hour++) {
    await giver.room.publish('summary', giver.summary(network.now - hour * HOUR, [], network.now, 20_000))
  }
  const documents = [...giver.holdings().values()]
    .slice(0, 64)
    .map(({ author, kind, slot, version }) => ({ author, kind, slot, version }))
  let bytes = 0
  const { frame } = greedy.handler
  const ask = (id: number) =>
    greedy.say(giver, SyncRequest, { id, index: INDEX, through: 0, ask: { of: 'documents', documents } })
  greedy.handler = {
    frame(peer, given) {
      if (given.message !== SyncBatch) return frame(peer, given)
      const body = bodyOf(given, SyncBatch) as SyncBatchBody
      bytes += body.documents.reduce((sum, document) => sum + document.length, 0)
      ask(body.id + 1)
    },
  }
  network.connect(greedy, giver)
  ask(1)
  await network.pass(10_000)
  const mib = 1024 * 1024
  expect(bytes).toBeGreaterThan(13 * mib)
  expect(bytes).toBeLessThan(14.5 * mib)
})

test('a document that finds no room is refused with what is kept at most, and whether there will be room again', async () => {
  const network = new Network()
  const [node] = network.add(1) as [Node]
  await node.start()
  const rotate = (key: number) =>
    node.room.publish(
      'key_rotation',
      signRotation(node.identity, testIdentity(key), network.now, systemRandom),
    )
  for (let key = 60_001; key <= 60_004; key++) await rotate(key)
  await expect(rotate(60_005)).rejects.toMatchObject({
    code: 'too_large',
    message: 'the space for documents of the kind key_rotation is full',
    hint: expect.stringMatching(
      /^At most 4 documents and 4\.0 KiB of one node .*never expire.* karo status /,
    ),
  })

  const [small] = network.add(1, { bounds: { documents: 100, bytes: 2_000 } }) as [Node]
  await small.start()
  await expect(
    small.room.publish('summary', small.summary(network.now, [], network.now, 5_000)),
  ).rejects.toMatchObject({
    code: 'too_large',
    message: 'the space for documents is full',
    hint: expect.stringMatching(/^At most 100 documents and 2\.0 KiB are kept.* expire\. karo status /),
  })
})

test('a head that says otherwise than its document is believed once of a neighbour', async () => {
  const [network, author, liar, reader] = await running(3, { loss: 1 })
  // For the liar alone, too old to be relayed, and told as one for the reader.
  const at = network.now - 8 * DAY
  const of = (node: Node) => author.weekly(at, [node], at)
  const real = of(liar)
  const { hints } = readDocument(of(reader), network.now)
  const heads = [{ ...summaryHead(author, real, network.now), hints }]
  const asked = lies(network, liar, (ask, say) => {
    if (ask.of === 'documents') say(SyncBatch, { documents: [real], gone: [] })
    else say(SyncOffer, offerOf(heads))
  })
  for (let i = 0; i < 3; i++) {
    network.connect(liar, reader)
    tells(liar, reader, network.now, heads)
    await network.pass(HOUR)
    network.cut(liar, reader)
  }
  expect(fetchesIn(asked)).toBe(1)
})
