// An admitted neighbour without manners: what it sends on the sync stream, and what comes of it.
import { expect, test } from 'vitest'
import { bodyOf, encodeFrame, type RejectCode } from '../../../../protocols/frame.ts'
import {
  SyncBatch,
  SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../../protocols/messages/sync.ts'
import { INDEX, lies, offerOf, summaryHead } from './liar.ts'
import { HOUR, MINUTE, type Node, running } from './network.ts'

/** Documents that a liar may hand over, and the number of the request that it answers. */
interface Asked {
  readonly good: Uint8Array
  readonly author: Node
  readonly other: Node
  readonly at: number
  readonly id: number
}

/** A reader whose only neighbour offers the head of a document, and answers as `give` says when it is asked for that. */
async function offered(give: (asked: Asked) => object) {
  const [network, liar, reader, author, other] = await running(4, { loss: 1 })
  // They only sign.
  for (const node of [author, other]) await node.stop()
  const at = network.now
  const good = author.summary(at, [reader], at)
  const heads = [summaryHead(author, good, at)]
  const asked: SyncRequestBody[] = lies(network, liar, (ask, say) => {
    const { id } = asked.at(-1) as SyncRequestBody
    const body = ask.of === 'documents' ? give({ good, author, other, at, id }) : offerOf(heads)
    say('heads' in body ? SyncOffer : SyncBatch, body)
  })
  network.connect(liar, reader)
  await network.pass(2_000)
  return { network, liar, reader, author, good, asked }
}

const batch = (...documents: readonly Uint8Array[]) => ({ documents, gone: [] })
const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1)
/** Signed as documents are, and none. */
const offerAsDocument = ({ author: { identity }, at }: Asked): Uint8Array =>
  encodeFrame(
    SyncOffer,
    { sender: identity.publicKey, ts: at, nonce: new Uint8Array(16), seq: 0 },
    { id: 1, ...offerOf([]) } as never,
    identity.sign,
  )

test.each<readonly [RejectCode, string, (asked: Asked) => object]>([
  ['bad_signature', 'a document with a changed byte', ({ good }) => batch(changed(good, good.length - 70))],
  [
    'bad_signature',
    'a document with a changed signature',
    ({ good }) => batch(changed(good, good.length - 1)),
  ],
  ['bad_magic', 'bytes that are no document', () => batch(new Uint8Array(200).fill(1))],
  ['malformed', "another author's document", ({ other, at }) => batch(other.summary(at, [], at))],
  ['malformed', 'an older edition', ({ author, at }) => batch(author.summary(at, [], at - 1))],
  ['malformed', 'more documents than were asked for', ({ good }) => batch(good, good)],
  ['malformed', 'no document, and none gone', () => batch()],
  ['malformed', 'an answer nobody asked for', ({ good, id }) => ({ id: id + 1, ...batch(good) })],
  ['malformed', 'heads where documents were asked for', () => offerOf([])],
  ['unknown_type', 'a document that is no kind of document', (asked) => batch(offerAsDocument(asked))],
])('%s: %s', async (code, _, give) => {
  const { network, liar, reader } = await offered(give)
  expect(reader.rejected[0]?.code).toBe(code)
  expect([network.linked(liar, reader), reader.repository.kept.size]).toEqual([false, 0])
})

test('who gave a damaged document is not asked for it again, and an honest one is', async () => {
  const { network, liar, reader, author, good, asked } = await offered(({ good: bytes }) =>
    batch(changed(bytes, bytes.length - 1)),
  )
  network.connect(liar, reader)
  await network.pass(MINUTE)
  expect(reader.repository.kept.size).toBe(0)
  await author.start()
  await author.room.publish('summary', good)
  network.connect(author, reader)
  await network.pass(MINUTE)
  expect(reader.repository.kept.size).toBe(1)
  expect(asked.filter(({ ask }) => ask.of === 'documents')).toHaveLength(1)
})

test.each<readonly [string, object]>([
  ['that begins elsewhere', { after: 5, through: 9 }],
  ['that goes back', { through: 0, end: false }],
])('malformed: an offer %s', async (_, more) => {
  const [network, liar, reader] = await running(2, { loss: 1 })
  lies(network, liar, (__, say) => say(SyncOffer, { ...offerOf([]), ...more }))
  network.connect(liar, reader)
  await network.pass(1_000)
  expect(reader.rejected.map((error) => error.code)).toEqual(['malformed'])
})

test('who does not wait for answers is cut off', async () => {
  const [network, greedy, giver] = await running(2, { loss: 1 })
  network.connect(greedy, giver)
  for (let id = 1; id <= 5; id++) {
    const body = { id, index: INDEX, through: 0, ask: { of: 'heads', after: 0 } }
    giver.arrive(greedy, greedy.frame(SyncRequest, body))
  }
  expect(giver.rejected.map(({ code }) => code)).toEqual(['rate_limited'])
  expect(network.linked(greedy, giver)).toBe(false)
})

test('whatever cursor it names, it gets heads from there or from the beginning', async () => {
  const [network, asker, giver] = await running(2, { loss: 1 })
  await giver.share(network.now - HOUR, [])
  const offers = new Map<number, { heads: number; end: boolean }>()
  let index: Uint8Array = new Uint8Array(0)
  asker.handler = {
    frame(_, frame) {
      if (frame.message === SyncRequest) index = bodyOf(frame, SyncRequest).index
      if (frame.message !== SyncOffer) return
      const { id, heads, end } = bodyOf(frame, SyncOffer)
      offers.set(id, { heads: heads.length, end })
    },
  }
  network.connect(asker, giver)
  await network.pass(1_000)
  const last = Number.MAX_SAFE_INTEGER
  const cursors = [
    [{ after: last }, 1],
    [{ after: last, index: new Uint8Array(8) }, 1],
    [{ after: 0, index }, 1],
    [{ after: 1, index }, 0],
    [{ after: last, index }, 0],
  ] as const
  for (const [at, [cursor, heads]] of cursors.entries()) {
    const id = 100 + at
    asker.say(giver, SyncRequest, { id, index: INDEX, through: 0, ask: { of: 'heads', ...cursor } })
    await network.pass(1_000)
    expect(offers.get(id)).toEqual({ heads, end: true })
  }
  expect(network.linked(asker, giver)).toBe(true)
})
