// What an admitted but hostile peer writes: every kind of bad frame resets the stream and is counted by its code.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Stream } from '../../../protocols/define.ts'
import { type Frame, FrameError, type RejectCode } from '../../../protocols/frame.ts'
import { Ping, Pong } from '../../../protocols/messages/hello.ts'
import { Response } from '../../../protocols/messages/query.ts'
import { SyncBatch } from '../../../protocols/messages/sync.ts'
import { hello, query, sync } from '../../../protocols/registry.ts'
import { ATTACKS, fitting } from '../../support/mesh/attacks.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import type { MeshNodeInit } from '../../support/mesh/mesh-node.ts'
import type { RawPeer, RawStream } from '../../support/mesh/raw-peer.ts'
import fc, { forAllAsyncIn } from '../../support/run/properties.ts'
import { randomOf } from '../../support/run/random.ts'
import { until } from '../../support/run/until.ts'
import { joined, type Running, slowClock, start } from './cluster.ts'

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

/** Sends a good frame, which arrives, and then what must end the stream with `code` and arrive nowhere. */
async function refused(one: Member, code: RejectCode, strike: () => void): Promise<void> {
  const { node, stream, peer, protocol } = one
  stream.send(fitting(one))
  await until(() => framesOf(node) === 1, { what: 'the good frame' })
  strike()
  await until(() => !stream.open(), { what: 'stream reset' })
  expect(node.mesh.rejections()[code]).toBe(1)
  expect(Object.values(node.mesh.rejections()).reduce((sum, count) => sum + count, 0)).toBe(1)
  // What comes again, or too late in the order, does so behind one more that is good.
  expect(framesOf(node)).toBe(code === 'replayed' || code === 'out_of_order' ? 2 : 1)
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

const badlySigned = (bytes: Uint8Array): Uint8Array => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1)

const other = testIdentity()
const minutes = (n: number): number => Date.now() + n * 60_000

test('a frame that its handler refuses is refused as if the decoder had', async () => {
  let frames = 0
  const victim = await member(() => {
    if (++frames > 1) throw new FrameError('bad_signature', 'of a document inside')
  })
  await refused(victim, 'bad_signature', () => victim.stream.send(good(victim.stream)))
})

const CASES = ATTACKS.flatMap((attack) =>
  (attack.signed === true ? [sync] : [sync, query]).map((protocol) => ({
    attack,
    protocol,
    name: attack.name,
    code: attack.code,
    id: protocol.id,
  })),
)

test.each(CASES)('$name is $code on $id', async ({ attack, protocol, code }) => {
  const one = await member(undefined, {}, protocol)
  await refused(one, code, () => attack.strike(one, randomOf(1)))
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
  const { node, peer, control } = await member(undefined, { clock: slowClock })
  const pings = Array.from({ length: hello.quota.frames + 5 }, (_, id) => control.frame(Ping, { id }))
  control.send(Buffer.concat(pings))
  await until(() => !node.mesh.isConnected(peer.id), { what: 'cut off' })
  expect(node.mesh.rejections().rate_limited).toBe(1)
})

test('a new connection of a member brings no new quota of the control stream', async () => {
  const { node, peer, control } = await member(undefined, { clock: slowClock })
  const pings = (from: RawStream, count: number) =>
    from.send(Buffer.concat(Array.from({ length: count }, (_, id) => from.frame(Ping, { id }))))
  pings(control, hello.quota.frames - 20)
  await until(() => control.frames.filter((one) => one.message === Pong).length > 100, { what: 'answers' })
  expect(node.mesh.isConnected(peer.id)).toBe(true)
  const next = await peer.join(await peer.dial(node.address()))
  pings(next, 40)
  await until(() => !next.open(), { what: 'cut off' })
  expect(node.mesh.rejections().rate_limited).toBe(1)
})

test('no bytes at all are an exception or a frame', async () => {
  const { node, peer } = await member()
  const connection = await peer.dial(node.address())
  await peer.join(connection)
  await forAllAsyncIn(
    { numRuns: 100 },
    fc.uint8Array({ minLength: 4, maxLength: 400 }),
    fc.boolean(),
    async (bytes, magic) => {
      const stream = await until(() => peer.open(connection, sync.id), { what: 'a stream' })
      stream.send(magic ? Buffer.concat([Buffer.from('KARO\0\x01\0\0'), bytes]) : bytes)
      await stream.stream.close()
      await until(() => stream.stream.status !== 'open', { what: 'stream ended' })
    },
  )
  expect(framesOf(node)).toBe(0)
  expect(node.mesh.isConnected(peer.id)).toBe(true)
})

test('a peer that does not read is reset when its buffer is full, and the others are not kept waiting', async () => {
  const { node, peer, stream } = await member(undefined, {}, query)
  stream.stream.pause()
  const answer = { query_id: new Uint8Array(16), author: other.publicKey, sealed: new Uint8Array(60_000) }
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
