// An admitted neighbour without manners, over real connections: what it sends on the sync stream, and what comes of it.
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { WireBody } from '../../../../protocols/define.ts'
import { bodyOf, type RejectCode } from '../../../../protocols/frame.ts'
import {
  type DocumentHeadBody,
  SyncBatch,
  SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../../protocols/messages/sync.ts'
import { sync } from '../../../../protocols/registry.ts'
import { systemClock, systemRandom, systemTimers } from '../../../../src/base/clock.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createDocuments, type Documents } from '../../../../src/exchange/documents/index.ts'
import { createFakeTrust } from '../../../support/mesh/fake-trust.ts'
import { type MeshNode, meshNode } from '../../../support/mesh/mesh-node.ts'
import { type RawPeer, type RawStream, rawPeer } from '../../../support/mesh/raw-peer.ts'
import { patience, until } from '../../../support/run/until.ts'
import { HOUR, MemoryRepository, Network, type Node } from './network.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

interface Victim {
  readonly node: MeshNode
  readonly documents: Documents
  readonly repository: MemoryRepository
}

async function victim(): Promise<Victim> {
  const trust = createFakeTrust()
  const node = meshNode({ trust })
  const repository = new MemoryRepository()
  const documents = createDocuments({
    identity: node.identity,
    trust,
    mesh: node.mesh,
    repository,
    audit: { record: async (entry) => void node.audited.push(entry) },
    clock: systemClock,
    random: systemRandom,
    timers: systemTimers,
    log: silentLog,
  })
  await documents.start(patience())
  await node.mesh.start(patience())
  stops.push(async () => {
    await node.mesh.stop()
    await documents.stop()
  })
  return { node, documents, repository }
}

interface Neighbour {
  readonly peer: RawPeer
  readonly stream: RawStream
  /** The next request of that kind that was not looked at yet. */
  asked(of: 'heads' | 'documents'): Promise<SyncRequestBody>
  offer(id: number, heads: readonly DocumentHeadBody[], more?: object): void
  batch(id: number, documents: readonly Uint8Array[], gone?: readonly number[]): void
}

async function neighbour({ node }: Victim): Promise<Neighbour> {
  const peer = await rawPeer()
  stops.push(() => peer.stop())
  await node.trust.trust(peer.id, { level: 'peer' })
  const connection = await peer.dial(node.address())
  await peer.join(connection)
  const stream = await peer.open(connection, sync.id)
  const looked = new Set<number>()
  return {
    peer,
    stream,
    asked: (of) =>
      until(
        () => {
          for (const [at, frame] of stream.frames.entries()) {
            if (frame.message !== SyncRequest || looked.has(at)) continue
            const body = bodyOf(frame, SyncRequest)
            if (body.ask.of !== of) continue
            looked.add(at)
            return body
          }
          return undefined
        },
        { what: `a request for ${of}` },
      ),
    offer(id, heads, more = {}) {
      const body = { id, index: INDEX, after: 0, through: heads.length, end: true, heads, ...more }
      stream.send(stream.frame(SyncOffer, body as never))
    },
    batch(id, documents, gone = []) {
      stream.send(stream.frame(SyncBatch, { id, documents, gone }))
    },
  }
}

const INDEX = new Uint8Array(8).fill(5)

// Authors that are elsewhere: only their documents are here.
const away = new Network({ epoch: Date.now() })
const [author, other] = away.add(2) as [Node, Node]

function headOf(node: Node, frame: Uint8Array, version: number): DocumentHeadBody {
  return {
    author: node.identity.publicKey,
    kind: 'audit_head',
    slot: '',
    version,
    digest: blake3([frame]),
    hints: new Uint8Array(0),
  }
}

const T = Date.now() - HOUR
const good = author.ledgerHead(7, 1, T)
const head = headOf(author, good, T)

/** Offers the head of `good`, and gives what `give` says when it is asked for. */
async function gives(
  give: (one: Neighbour, request: SyncRequestBody) => void,
): Promise<Victim & { readonly one: Neighbour }> {
  const it = await victim()
  await it.node.trust.trust(author.id, { level: 'peer' })
  await it.node.trust.trust(other.id, { level: 'peer' })
  const one = await neighbour(it)
  one.offer((await one.asked('heads')).id, [head])
  give(one, await one.asked('documents'))
  return { ...it, one }
}

async function refused({ node, repository }: Victim, one: Neighbour, code: RejectCode): Promise<void> {
  await until(() => !one.stream.open(), { what: 'the stream is reset' })
  expect(node.mesh.rejections()[code]).toBe(1)
  expect(repository.kept.size).toBe(0)
  expect(node.audited.filter((entry) => entry.type === 'policy_violation')).toMatchObject([
    { peer: one.peer.id, details: { reason: code, protocol: sync.id } },
  ])
}

const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

const BAD: readonly [RejectCode, string, (one: Neighbour, request: SyncRequestBody) => void][] = [
  [
    'bad_signature',
    'a document with a changed byte',
    (one, { id }) => one.batch(id, [changed(good, good.length - 70)]),
  ],
  [
    'bad_signature',
    'a document with a changed signature',
    (one, { id }) => one.batch(id, [changed(good, good.length - 1)]),
  ],
  [
    'bad_magic',
    'bytes that are no document',
    (one, { id }) => one.batch(id, [randomBytes(200).fill(1, 0, 4)]),
  ],
  ['malformed', "another author's document", (one, { id }) => one.batch(id, [other.ledgerHead(7, 1, T)])],
  ['malformed', 'an older edition', (one, { id }) => one.batch(id, [author.ledgerHead(6, 1, T - 1)])],
  ['malformed', 'more documents than were asked for', (one, { id }) => one.batch(id, [good, good])],
  ['malformed', 'no document, and none gone', (one, { id }) => one.batch(id, [])],
  ['malformed', 'an answer nobody asked for', (one, { id }) => one.batch(id + 1, [good])],
  ['malformed', 'heads where documents were asked for', (one, { id }) => one.offer(id, [head])],
  [
    'unknown_type',
    'a document that is no kind of document',
    (one, { id }) =>
      one.batch(id, [
        one.stream.frame(SyncOffer, {
          id,
          index: INDEX,
          after: 0,
          through: 0,
          end: true,
          heads: [],
        } as WireBody as never),
      ]),
  ],
  [
    'too_large',
    'a batch beyond its limit',
    (one) => {
      const frame = one.stream.frame(SyncBatch, { id: 1, documents: [good], gone: [] })
      new DataView(frame.buffer).setUint32(6, SyncBatch.limit + 1)
      one.stream.send(frame)
    },
  ],
]

test.each(BAD)('%s: %s', async (code, _, give) => {
  const { one, ...it } = await gives(give)
  await refused(it, one, code)
})

test('who gave a damaged document is not asked for it again', async () => {
  const { one, node, ...it } = await gives((bad, { id }) => bad.batch(id, [changed(good, good.length - 1)]))
  await until(() => !one.stream.open(), { what: 'the stream is reset' })
  const connection = one.peer.host.getConnections()[0]
  const stream = await one.peer.open(connection as never, sync.id)
  await until(() => stream.frames.length > 0, { what: 'it is asked for heads anew' })
  const { id } = bodyOf(stream.frames[0] as never, SyncRequest)
  stream.send(
    stream.frame(SyncOffer, { id, index: INDEX, after: 0, through: 1, end: true, heads: [head] } as never),
  )
  // An honest one that has it is asked.
  const honest = await neighbour({ node, ...it })
  honest.offer((await honest.asked('heads')).id, [head])
  honest.batch((await honest.asked('documents')).id, [good])
  await until(() => it.repository.kept.size === 1, { what: 'the document is kept' })
  const requests = stream.frames.filter((frame) => frame.message === SyncRequest)
  expect(requests.map((frame) => bodyOf(frame, SyncRequest).ask.of)).not.toContain('documents')
})

const OFFERS: readonly [string, object][] = [
  ['that begins elsewhere', { after: 5, through: 9 }],
  ['that goes back', { after: 0, through: 0, end: false }],
]

test.each(OFFERS)('malformed: an offer %s', async (_, more) => {
  const it = await victim()
  const one = await neighbour(it)
  one.offer((await one.asked('heads')).id, [], more)
  await refused(it, one, 'malformed')
})

test('who does not wait for answers is cut off', async () => {
  const it = await victim()
  const one = await neighbour(it)
  const ask = { of: 'heads' as const, after: 0 }
  const requests = Array.from({ length: 5 }, (__, id) =>
    one.stream.frame(SyncRequest, { id, index: INDEX, through: 0, ask } as never),
  )
  one.stream.send(Buffer.concat(requests))
  await refused(it, one, 'rate_limited')
})

test('whatever cursor it names, it gets heads from there or from the beginning', async () => {
  const it = await victim()
  await it.node.trust.trust(author.id, { level: 'peer' })
  const giver = await neighbour(it)
  giver.offer((await giver.asked('heads')).id, [head])
  giver.batch((await giver.asked('documents')).id, [good])
  await until(() => it.repository.kept.size === 1, { what: 'the document is kept' })

  const one = await neighbour(it)
  const { index } = await one.asked('heads')
  const asks = [
    [{ of: 'heads', after: Number.MAX_SAFE_INTEGER }, 1],
    [{ of: 'heads', after: Number.MAX_SAFE_INTEGER, index: new Uint8Array(8) }, 1],
    [{ of: 'heads', after: 0, index }, 1],
    [{ of: 'heads', after: 1, index }, 0],
    [{ of: 'heads', after: Number.MAX_SAFE_INTEGER, index }, 0],
  ] as const
  for (const [i, [ask, count]] of asks.entries()) {
    const id = 100 + i
    one.stream.send(one.stream.frame(SyncRequest, { id, index: INDEX, through: 0, ask } as never))
    const answer = await until(
      () =>
        one.stream.frames
          .filter((frame) => frame.message === SyncOffer)
          .map((frame) => bodyOf(frame, SyncOffer))
          .find((offer) => offer.id === id),
      { what: `answer ${i}` },
    )
    expect([answer.heads.length, answer.end]).toEqual([count, true])
  }
  expect(one.stream.open()).toBe(true)
})
