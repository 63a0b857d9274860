// What an admitted but hostile peer writes: every kind of bad frame resets the stream and is counted by its code.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Stream } from '../../../protocols/define.ts'
import { type Frame, FrameError, type RejectCode } from '../../../protocols/frame.ts'
import { Hello, Ping } from '../../../protocols/messages/hello.ts'
import { DirectAnswer, QueryDone, Response } from '../../../protocols/messages/query.ts'
import { SyncBatch } from '../../../protocols/messages/sync.ts'
import { hello, query, sync } from '../../../protocols/registry.ts'
import { type MeshNodeInit, testIdentity } from '../../support/mesh/mesh-node.ts'
import { type RawPeer, type RawStream, rawHello } from '../../support/mesh/raw-peer.ts'
import fc from '../../support/run/properties.ts'
import { until } from '../../support/run/until.ts'
import { joined, pair, type Running, slowClock, start } from './cluster.ts'

const done = { query_id: new Uint8Array(16), author: new Uint8Array(32), answered: 0, lost: 0 }
const batch = { id: 1, documents: [], gone: [] }

interface Member {
  readonly node: Running
  readonly peer: RawPeer
  readonly stream: RawStream
  readonly control: RawStream
  readonly protocol: Stream
}

async function member(
  judge?: (frame: Frame) => void,
  init: MeshNodeInit = {},
  protocol: Stream = sync,
): Promise<Member> {
  const node = await start(init, judge, () => {}, protocol)
  const { peer, connection, control } = await joined(node)
  const stream = await peer.open(connection, protocol.id)
  await until(() => node.link.peers().length === 1, { what: 'link' })
  return { node, peer, stream, control, protocol }
}

const framesOf = (node: Running): number => node.events.filter((event) => event.what === 'frame').length

const good = (stream: RawStream): Uint8Array => stream.frame(SyncBatch, batch)

/** Sends a good frame, which arrives, and then `bytes`, which must end the stream with `code` and arrive nowhere. */
async function refused(
  { node, stream, peer, protocol }: Member,
  code: RejectCode,
  bytes: Uint8Array,
  first = good(stream),
): Promise<void> {
  stream.send(first)
  await until(() => framesOf(node) === 1, { what: 'the good frame' })
  stream.send(bytes)
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(node.mesh.rejections()[code]).toBe(1)
  expect(Object.values(node.mesh.rejections()).reduce((sum, count) => sum + count, 0)).toBe(1)
  expect(framesOf(node)).toBe(1)
  expect(node.events.at(-1)).toMatchObject({ what: 'down', peer: peer.id })
  expect(node.audited.filter((entry) => entry.type === 'policy_violation')).toEqual([
    {
      type: 'policy_violation',
      success: false,
      peer: peer.id,
      details: { reason: code, protocol: protocol.id, times: 1 },
    },
  ])
}

const changed = (bytes: Uint8Array, at: number, to: readonly number[]): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy.set(to, at)
  return copy
}

const badlySigned = (bytes: Uint8Array): Uint8Array =>
  changed(bytes, bytes.length - 1, [(bytes.at(-1) ?? 0) ^ 1])

const other = testIdentity()
const minutes = (n: number): number => Date.now() + n * 60_000

test('a frame that its handler refuses is refused as if the decoder had', async () => {
  let frames = 0
  const victim = await member(() => {
    if (++frames > 1) throw new FrameError('bad_signature', 'of a document inside')
  })
  const first = good(victim.stream)
  await refused(victim, 'bad_signature', good(victim.stream), first)
})

const BAD: readonly [RejectCode, string, (stream: RawStream) => Uint8Array][] = [
  ['bad_magic', 'other bytes', () => randomBytes(64).fill(1, 0, 4)],
  ['bad_version', 'a frame of version 2', (s) => changed(good(s), 4, [0, 2])],
  ['too_large', 'a length beyond the type’s limit', (s) => changed(good(s), 6, [0, 4, 0, 1])],
  ['too_large', 'a length of 4 GiB', (s) => changed(good(s), 6, [255, 255, 255, 255])],
  ['unknown_type', 'a type that does not exist', (s) => changed(good(s), 10, [0x77, 0x77])],
  ['unknown_type', 'a type of another stream', (s) => s.frame(Hello, rawHello())],
  ['malformed', 'a payload that is not MessagePack', (s) => changed(good(s), 12, [0xc1])],
  ['bad_signature', 'a changed signature', (s) => badlySigned(good(s))],
  ['bad_signature', 'a signature by another key', (s) => s.frame(SyncBatch, batch, { signedBy: other })],
  [
    'not_admitted',
    'somebody else’s frame',
    (s) => s.frame(SyncBatch, batch, { sender: other.publicKey, signedBy: other }),
  ],
  ['stale', 'a clock six minutes behind', (s) => s.frame(SyncBatch, batch, { ts: minutes(-6) })],
  ['stale', 'a clock six minutes ahead', (s) => s.frame(SyncBatch, batch, { ts: minutes(6) })],
  ['out_of_order', 'a sequence number that repeats', (s) => s.frame(SyncBatch, batch, { seq: 1 })],
  ['out_of_order', 'sequence number 0', (s) => s.frame(SyncBatch, batch, { seq: 0 })],
]

test.each(BAD)('%s: %s', async (code, _, make) => {
  const one = await member()
  await refused(one, code, make(one.stream))
})

test('replayed: a nonce seen before, on this stream, on another, and after a restart', async () => {
  const one = await member()
  const nonce = randomBytes(16)
  one.stream.send(one.stream.frame(SyncBatch, batch, { nonce }))
  await until(() => framesOf(one.node) === 1, { what: 'the first' })
  one.stream.send(one.stream.frame(SyncBatch, batch, { nonce }))
  await until(() => !one.stream.open(), { what: 'stream reset' })
  expect(one.node.mesh.rejections().replayed).toBe(1)

  const again = async (node: Running): Promise<void> => {
    const connection = await one.peer.dial(node.address())
    await one.peer.join(connection)
    const stream = await one.peer.open(connection, sync.id)
    stream.send(stream.frame(SyncBatch, batch, { nonce }))
    await until(() => !stream.open(), { what: 'stream reset' })
  }
  await again(one.node)
  expect(one.node.mesh.rejections().replayed).toBe(2)

  await one.node.mesh.stop()
  const { identity, trust, replayMarks } = one.node
  const restarted = await start({ identity, trust, replayMarks }, undefined, undefined, sync)
  await again(restarted)
  expect(restarted.mesh.rejections().replayed).toBe(1)
  expect(framesOf(restarted)).toBe(0)
})

const BAD_WHERE_PROVEN: readonly [RejectCode, string, (stream: RawStream, peer: RawPeer) => Uint8Array][] = [
  [
    'bad_signature',
    'a signature where none belongs',
    (s, { identity }) => s.frame(QueryDone, done, { signedBy: identity }),
  ],
  ['not_admitted', 'somebody else’s frame', (s) => s.frame(QueryDone, done, { sender: other.publicKey })],
  [
    'not_admitted',
    'somebody else’s answer, handed on as if over a link of its own',
    (s) => {
      const body = { query_id: done.query_id, author: done.author, plain: randomBytes(9) }
      return s.frame(DirectAnswer, body, { sender: other.publicKey })
    },
  ],
  ['stale', 'a clock six minutes behind', (s) => s.frame(QueryDone, done, { ts: minutes(-6) })],
  ['out_of_order', 'a frame that was there before', (s) => s.frame(QueryDone, done, { seq: 1 })],
]

test.each(BAD_WHERE_PROVEN)('where the connection proves the sender, %s: %s', async (code, _, make) => {
  const one = await member(undefined, {}, query)
  const { stream, peer } = one
  const first = stream.frame(QueryDone, done)
  await refused(one, code, make(stream, peer), first)
})

test('malformed: a stream that ends inside a frame', async () => {
  const one = await member()
  one.stream.send(good(one.stream).subarray(0, 40))
  await one.stream.stream.close()
  await until(() => one.node.mesh.rejections().malformed === 1, { what: 'counted' })
})

test('a document may be somebody else’s, old, and without sequence; only its signature counts', async () => {
  const { node, stream } = await member(undefined, {}, query)
  const body = { query_id: new Uint8Array(16), author: other.publicKey, sealed: new Uint8Array(32) }
  const old = { sender: other.publicKey, signedBy: other, ts: minutes(-60) }
  stream.send(stream.frame(Response, body, old))
  stream.send(stream.frame(Response, body, old))
  await until(() => framesOf(node) === 2, { what: 'both documents' })
  stream.send(badlySigned(stream.frame(Response, body, old)))
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(framesOf(node)).toBe(2)
})

test('a frame that does not come to its end in time ends the stream', async () => {
  const { node, stream } = await member()
  stream.send(good(stream).subarray(0, 20))
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(node.mesh.status().peers_connected).toBe(1)
})

test('rate_limited: the quota holds over new streams and connections', async () => {
  const { node, peer, stream } = await member(undefined, { clock: slowClock })
  // Twice: some more are let through while they are on their way.
  const burst = Buffer.concat(Array.from({ length: sync.quota.frames * 2 }, () => good(stream)))
  stream.send(burst)
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(node.mesh.rejections().rate_limited).toBe(1)
  const arrived = framesOf(node)
  expect(arrived).toBeGreaterThanOrEqual(sync.quota.frames)
  expect(arrived).toBeLessThan(sync.quota.frames * 2)

  const connection = await peer.dial(node.address())
  await peer.join(connection)
  const next = await peer.open(connection, sync.id)
  const again = Array.from({ length: sync.quota.frames }, () => good(next))
  next.send(Buffer.concat(again))
  await until(() => !next.open(), { what: 'the next stream reset' })
  expect(node.mesh.rejections().rate_limited).toBe(2)
})

test('a member that floods the control stream is cut off', async () => {
  const { node, peer, control } = await member()
  const pings = Array.from({ length: hello.quota.frames + 5 }, (_, id) => control.frame(Ping, { id }))
  control.send(Buffer.concat(pings))
  await until(() => !node.mesh.isConnected(peer.id), { what: 'cut off' })
  expect(node.mesh.rejections().rate_limited).toBe(1)
})

test('one bad peer costs the others nothing', async () => {
  const [a, b] = await pair()
  const { peer: bad, connection } = await joined(a)
  const stream = await bad.open(connection, query.id)
  stream.send(randomBytes(10_000))
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(b.link.sendHop(a.id, QueryDone, done)).toBe(true)
  await until(() => a.events.some((event) => event.what === 'frame' && event.peer === b.id), {
    what: 'frame of b',
  })
})

test('no bytes at all are an exception or a frame', async () => {
  const { node, peer } = await member()
  const connection = await peer.dial(node.address())
  await peer.join(connection)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 400 }), fc.boolean(), async (bytes, magic) => {
      const stream = await until(() => peer.open(connection, sync.id), { what: 'a stream' })
      stream.send(magic ? Buffer.concat([Buffer.from('KARO\0\x01\0\0'), bytes]) : bytes)
      await stream.stream.close()
      await until(() => stream.stream.status !== 'open', { what: 'stream ended' })
    }),
    { numRuns: 100 },
  )
  expect(framesOf(node)).toBe(0)
  expect(node.mesh.isConnected(peer.id)).toBe(true)
})

test('a peer that does not read is reset when its buffer is full, and the others are not kept waiting', async () => {
  const { node, peer, stream } = await member(undefined, {}, query)
  stream.stream.pause()
  const answer = {
    query_id: new Uint8Array(16),
    author: other.publicKey,
    sealed: new Uint8Array(60_000),
  }
  const document = stream.frame(Response, answer, { sender: other.publicKey, signedBy: other })
  let sent = 0
  while (node.link.sendDocument(peer.id, document)) {
    sent += document.length
    if (sent > 64 * 1024 * 1024) throw new Error('nothing bounds the send buffer')
  }
  expect(node.link.peers()).toEqual([])
  // The window of the stream and of the socket, and our own buffer.
  expect(sent).toBeLessThan(query.sendBufferBytes + 8 * 1024 * 1024)
  expect(node.mesh.isConnected(peer.id)).toBe(true)
})
