// Topics over real nodes: what is published reaches every member, and nothing of or to anybody who is none.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { defineMessage, defineTopic, type Topic } from '../../../protocols/define.ts'
import { bodyOf, encodeFrame, type Frame, FrameError, type RejectCode } from '../../../protocols/frame.ts'
import { Goodbye, Hello, Ping } from '../../../protocols/messages/hello.ts'
import { NoticeKeys, Notices } from '../../../protocols/messages/notices.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello, presences } from '../../../protocols/registry.ts'
import type { Mesh } from '../../../src/mesh/index.ts'
import type { Identity } from '../../../src/trust/identity/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import type { MeshNodeInit } from '../../support/mesh/mesh-node.ts'
import { inventedPresence, tellNotices } from '../../support/mesh/raw-notices.ts'
import { type RawPeer, type RawStream, rawHello } from '../../support/mesh/raw-peer.ts'
import { until } from '../../support/run/until.ts'
import { befriend, joined, linked, type Running, slowClock, start, trusts, visitor } from './cluster.ts'

const Word = defineMessage({
  type: 0x7f01,
  name: 'Word',
  purpose: 'Says something.',
  limit: 1024,
  carried: 'document',
  body: z.object({ text: z.string().max(600) }),
})
const words: Topic = defineTopic({
  id: '/karo/words/1',
  purpose: 'For this test.',
  quota: { messages: 20, perMs: 10_000 },
  toldForMs: 10 * 60_000,
  waitMs: 1_000,
  kept: 128,
  messages: { Word },
})

interface Talker extends Running {
  say(text: string): void
  readonly heard: { author: NodeId; text: string; from: NodeId; frame: Frame }[]
  texts(): readonly string[]
}

async function talker(init: MeshNodeInit = {}, judge: (text: string) => void = () => {}): Promise<Talker> {
  const heard: Talker['heard'] = []
  let topic: ReturnType<Mesh['topic']> | undefined
  const node = await start(init, undefined, (mesh: Mesh) => {
    topic = mesh.topic(words)
    topic.serve({
      notice(author, frame, from) {
        const { text } = bodyOf(frame, Word)
        heard.push({ author: author.nodeId, text, from: from.nodeId, frame })
        judge(text)
      },
    })
  })
  return {
    ...node,
    heard,
    texts: () => heard.map(({ text }) => text),
    say: (text) => topic?.publish(Word, { text }),
  }
}

/** A line of nodes: each is linked to the next one, and trusts everybody but whom `trusting` leaves out. */
async function line(nodes: readonly Talker[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const next = nodes[i + 1]
    if (next === undefined) continue
    await befriend(node, next)
  }
}

const hears = (node: Talker, text: string): Promise<unknown> =>
  until(() => node.texts().includes(text), { what: `hears "${text}"` })

/** A frame as its author may publish it; `change` forges. */
function word(
  author: Identity,
  text: string,
  change: { readonly ts?: number; readonly signer?: Identity; readonly nonce?: Uint8Array } = {},
): Uint8Array {
  const { ts = Date.now(), signer = author, nonce = randomBytes(16) } = change
  return encodeFrame(Word, { sender: author.publicKey, ts, nonce, seq: 0 }, { text }, (bytes) =>
    signer.sign(bytes),
  )
}

interface Intruder {
  readonly node: Talker
  readonly peer: RawPeer
  readonly control: RawStream
  /** Names these and brings them. */
  readonly tell: (...frames: readonly Uint8Array[]) => void
}

/** A node and an admitted peer that writes whatever it likes. */
async function intruder(judge?: (text: string) => void, init: MeshNodeInit = {}): Promise<Intruder> {
  const node = await talker(init, judge)
  const { peer, control } = await joined(node)
  return { node, peer, control, tell: (...frames) => tellNotices(control, words, frames) }
}

const refusals = (node: Talker): Partial<Record<RejectCode, number>> =>
  Object.fromEntries(Object.entries(node.mesh.rejections()).filter(([, count]) => count > 0))

test('what one says reaches all, once, with its author, through whoever lies between', async () => {
  const a = await talker()
  const b = await talker({ discovery: { peers: [a.address()] } })
  const c = await talker({ discovery: { peers: [b.address()] } })
  await line([a, b, c])
  a.say('once')
  await hears(c, 'once')
  expect(c.heard.filter(({ text }) => text === 'once')).toMatchObject([{ author: a.id, from: b.id }])
  expect(b.heard.filter(({ text }) => text === 'once')).toMatchObject([{ author: a.id, from: a.id }])
  // c does not trust a: what a member passes on is heard, its author need not be trusted here.
  expect(c.trust.admits(a.id)).toBe(false)
  expect(a.heard).toEqual([])
})

test('what is said while nobody is there is no error, and the first who comes hears it', async () => {
  const a = await talker()
  a.say('to nobody')
  const b = await talker({ discovery: { peers: [a.address()] } })
  await line([a, b])
  await hears(b, 'to nobody')
})

test('an author that is refused is not heard any more, nor passed on, whoever hands it on', async () => {
  const a = await talker()
  const b = await talker({ discovery: { peers: [a.address()] } })
  const c = await talker({ discovery: { peers: [b.address()] } })
  const d = await talker({ discovery: { peers: [c.address()] } })
  await line([a, b, c, d])
  await c.trust.deny(a.id)
  a.say('unheard')
  await hears(b, 'unheard')
  b.say('after it')
  await hears(d, 'after it')
  expect(c.texts()).not.toContain('unheard')
  expect(d.texts()).not.toContain('unheard')
  // Nobody is blamed for it: b has its own opinion.
  expect(refusals(c)).toEqual({})
})

test('the last word of a neighbour that leaves is heard although its goodbye comes with it', async () => {
  const { node, peer, control, tell } = await intruder()
  tell(word(peer.identity, 'before'))
  await hears(node, 'before')
  tell(word(peer.identity, 'last words'))
  control.send(control.frame(Goodbye, { reason: 'stopping' }))
  await until(() => !node.mesh.isConnected(peer.id), { what: 'the end' })
  await hears(node, 'last words')
})

test('a revoked neighbour is silent at once', async () => {
  const { node, peer, control, tell } = await intruder()
  tell(word(peer.identity, 'before'))
  await hears(node, 'before')
  await node.trust.revoke(peer.id)
  tell(word(peer.identity, 'after'))
  await until(() => !control.open(), { what: 'the end of its stream' })
  expect(node.texts()).toEqual(['before'])
})

test('a stranger is told nothing, and nothing is heard of it', async () => {
  const { node, peer, control } = await visitor()
  control.send(control.frame(Hello, rawHello()))
  tellNotices(control, presences, [inventedPresence('stranger')])
  await until(() => !control.open(), { what: 'the end of its stream' })
  expect(node.mesh.isConnected(peer.id)).toBe(false)
  expect(control.frames.filter(({ message }) => message === NoticeKeys || message === Notices)).toEqual([])
  expect(node.trust.members()).toEqual([])
})

const garbage = randomBytes(80).fill(1, 0, 4)
const somebody = testIdentity()
const altered = (bytes: Uint8Array): Uint8Array => bytes.with(40, (bytes[40] ?? 0) ^ 1)

/** Of what cannot even be read by its header the topic is not known. */
const REJECTED: readonly [RejectCode, string, (peer: RawPeer) => Uint8Array, isRead?: boolean][] = [
  ['bad_magic', 'garbage', () => garbage, false],
  ['bad_signature', 'a forged author', ({ identity }) => word(somebody, 'x', { signer: identity })],
  ['malformed', 'a truncated frame', ({ identity }) => word(identity, 'x').subarray(0, -1)],
  // What somebody else said so long ago is nobody's fault, see below.
  ['stale', 'an own word of before', ({ identity }) => word(identity, 'x', { ts: Date.now() - 16 * 60_000 })],
  [
    'too_large',
    'a frame beyond its limit',
    ({ identity }) => {
      const frame = Uint8Array.from(word(identity, 'x'))
      new DataView(frame.buffer).setUint32(6, Word.limit + 1)
      return frame
    },
    false,
  ],
]
test.each(REJECTED)('%s: %s is held against whoever hands it on', async (code, _, make, isRead = true) => {
  const { node, peer, tell } = await intruder()
  tell(make(peer))
  await until(() => node.mesh.rejections()[code] === 1, { what: code })
  tell(word(peer.identity, 'good'))
  await hears(node, 'good')
  expect(refusals(node)).toEqual({ [code]: 1 })
  expect(node.texts()).toEqual(['good'])
  expect(node.audited.filter(({ type }) => type === 'policy_violation')).toMatchObject([
    {
      success: false,
      peer: peer.id,
      details: { reason: code, protocol: isRead ? words.id : hello.id, times: 1 },
    },
  ])
})

const IGNORED: readonly [string, (peer: RawPeer, node: Talker) => Uint8Array][] = [
  ['of another topic', ({ identity }) => pingOf(identity)],
  ['too old, from somebody else', () => word(somebody, 'x', { ts: Date.now() - 16 * 60_000 })],
  ['too far ahead, from somebody else', () => word(somebody, 'x', { ts: Date.now() + 6 * 60_000 })],
  ['its own', (_, node) => word(node.identity, 'x')],
]
test.each(IGNORED)('a frame %s is dropped, and nobody is blamed', async (_, make) => {
  const { node, peer, tell } = await intruder()
  tell(make(peer, node))
  tell(word(peer.identity, 'good'))
  await hears(node, 'good')
  expect(node.texts()).toEqual(['good'])
})

function pingOf(author: Identity): Uint8Array {
  return encodeFrame(
    Ping,
    { sender: author.publicKey, ts: Date.now(), nonce: randomBytes(16), seq: 0 },
    { id: 1 },
    (bytes) => author.sign(bytes),
  )
}

test('the same frame again is nothing new, nor is an altered one the same', async () => {
  const { node, peer, tell } = await intruder()
  const frame = word(peer.identity, 'once')
  // An altered copy that comes first must not hide the real one.
  tell(altered(frame))
  tell(frame)
  tell(frame, frame)
  tell(word(peer.identity, 'last'))
  await hears(node, 'last')
  expect(node.texts()).toEqual(['once', 'last'])
})

test('one neighbour hands on so much and no more, whoever wrote it', async () => {
  const { node, tell } = await intruder(undefined, { clock: slowClock })
  const flood = Array.from({ length: 3_000 }, (_, n) => word(somebody, `${n}`))
  for (let n = 0; n < flood.length; n += 100) tell(...flood.slice(n, n + 100))
  await until(() => node.mesh.rejections().rate_limited > 0, { what: 'rate_limited' })
})

test('an author has the topic’s quota, whoever hands it on', async () => {
  const { node, peer, tell } = await intruder(undefined, { clock: slowClock })
  tell(...Array.from({ length: 40 }, (_, n) => word(somebody, `${n}`)))
  tell(word(peer.identity, 'another author'))
  await hears(node, 'another author')
  expect(node.texts().length).toBeLessThan(25)
  // It may have been somebody else's fault.
  expect(refusals(node)).toEqual({})
})

test('a room that throws loses that message and nothing else', async () => {
  const { node, peer, tell } = await intruder((text) => {
    if (text === 'bang') throw new FrameError('malformed', 'ours')
  })
  tell(word(peer.identity, 'bang'))
  tell(word(peer.identity, 'good'))
  await hears(node, 'good')
  expect(refusals(node)).toEqual({})
})

test('a member may have more streams open than a stranger', async () => {
  const { peer } = await intruder()
  const connection = peer.host.getConnections()[0]!
  const { muxer } = connection as unknown as { muxer: { createStream(): Promise<{ status: string }> } }
  const streams = await Promise.all(Array.from({ length: 20 }, () => muxer.createStream()))
  await peer.list(connection)
  expect(streams.filter(({ status }) => status === 'open')).toHaveLength(20)
})

test('what is told survives a connection that is made time and again', async () => {
  const a = await talker()
  const b = await talker({ discovery: { peers: [a.address()] } })
  await line([a, b])
  for (let round = 0; round < 2; round++) {
    a.say(`there ${round}`)
    await hears(b, `there ${round}`)
    b.say(`back ${round}`)
    await hears(a, `back ${round}`)
    // Taking trust away and giving it again cuts the connection and makes a new one.
    await b.trust.trust(a.id, { level: 'untrusted' })
    await trusts(b, a)
    await linked(a, b)
  }
})
