// Two real nodes meet: trust on both sides opens the links, on one side nothing, and changes act at once.
import { expect, test } from 'vitest'
import { encodeFrame } from '../../../protocols/frame.ts'
import { Hello, HelloAck, Pong } from '../../../protocols/messages/hello.ts'
import { QueryDone, Response } from '../../../protocols/messages/query.ts'
import { hello, query } from '../../../protocols/registry.ts'
import { deadline } from '../../../src/base/async/deadline.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { meshNode } from '../../support/mesh/mesh-node.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { pacedTimers } from '../../support/run/paced-time.ts'
import { times } from '../../support/run/thorough.ts'
import { patience, until } from '../../support/run/until.ts'
import { answerOn, befriend, greets, joined, linked, pair, raw, start, trusts, visitor } from './cluster.ts'

/** Rounds of two nodes that dial each other in the same moment. */
const ROUNDS = times(3, 20)
const MEMBERS_ONLY = [query.id, '/ipfs/id/1.0.0']
const done = { query_id: new Uint8Array(16), author: new Uint8Array(32), answered: 0, lost: 0 }

test('strangers are pending on both sides; mutual trust links them and frames flow both ways', async () => {
  const a = await start()
  const b = await start({ discovery: { peers: [a.address()] } })
  await until(() => a.trust.pending().length === 1 && b.trust.pending().length === 1, { what: 'pending' })
  expect(a.trust.pending()[0]).toMatchObject({ node_id: b.id, name: `node-${b.identity.fingerprint}` })
  expect(a.trust.pending()[0]?.addresses).toEqual(b.mesh.status().listen)
  expect(a.mesh.status()).toMatchObject({ peers_connected: 0, peers_trusted: 0, peers_pending: 1 })

  await befriend(a, b)
  expect(a.mesh.status()).toMatchObject({ peers_connected: 1, peers_trusted: 1 })
  expect(a.link.sendHop(b.id, QueryDone, done, new Uint8Array(16).fill(7))).toBe(true)
  expect(b.link.sendHop(a.id, QueryDone, done)).toBe(true)
  const frame = await until(() => b.events.find((event) => event.what === 'frame')?.frame, {
    what: 'frame at b',
  })
  expect(frame.envelope.trace).toEqual(new Uint8Array(16).fill(7))
  await until(() => a.events.some((event) => event.what === 'frame'), { what: 'frame at a' })
  expect(b.trust.member(a.id)?.addresses).toEqual(a.mesh.status().listen)
})

test('a stranger can negotiate hello and nothing else, before, during and after its hello', async () => {
  // However long a busy machine takes to be refused at each door.
  const a = await start({ timings: { lobbyMs: 3_600_000 } })
  const stranger = await raw()
  const connection = await stranger.dial(a.address())
  const sees = async (): Promise<void> => {
    expect(await stranger.list(connection)).toEqual([hello.id])
    for (const protocol of MEMBERS_ONLY) await expect(stranger.open(connection, protocol)).rejects.toThrow()
  }
  await sees()
  const control = await stranger.open(connection, hello.id)
  control.send(control.frame(Hello, rawHello()))
  await answerOn(control)
  expect(control.frames.map((frame) => frame.body)).toMatchObject([
    { versions: [hello.id, query.id] },
    { stage: 'pending', retry_after_ms: 30_000 },
  ])
  await sees()
})

test('trust of the stranger’s side alone opens nothing, whatever it claims', async () => {
  const { node: a, peer: stranger, connection, control } = await visitor()
  control.send(control.frame(Hello, rawHello()))
  control.send(control.frame(HelloAck, { stage: 'yes', skew_ms: 0 }))
  await until(() => control.frames.length === 2, { what: 'an answer' })
  expect(await stranger.list(connection)).toEqual([hello.id])
  for (const protocol of MEMBERS_ONLY) await expect(stranger.open(connection, protocol)).rejects.toThrow()
  // Claiming that both have agreed is a lie that ends the connection.
  control.send(control.frame(HelloAck, { stage: 'ready', skew_ms: 0 }))
  await until(() => connection.status !== 'open', { what: 'connection closed' })
  expect(a.mesh.status().peers_connected).toBe(0)
})

test('trust of this side alone opens nothing to a peer that has not agreed', async () => {
  const a = await start()
  const other = await raw()
  await trusts(a, other)
  const { connection, control } = await greets(other, a)
  await answerOn(control)
  expect(await other.list(connection)).toEqual([hello.id])
  for (const protocol of MEMBERS_ONLY) await expect(other.open(connection, protocol)).rejects.toThrow()
  expect(a.mesh.status().peers_connected).toBe(0)
})

test('an admitted peer sees every protocol', async () => {
  const a = await start()
  const { peer: member, connection } = await joined(a)
  expect([...(await member.list(connection))].sort()).toEqual([hello.id, ...MEMBERS_ONLY].sort())
  await until(() => a.mesh.isConnected(member.id), { what: 'neighbour' })
})

const SIDES = ['the one that is dialed', 'the one that dials'] as const
test.each(SIDES)('trust of %s alone stays pending until the other side agrees', async (who) => {
  // By itself neither would ask again before an hour is over: it is the second decision that connects them.
  const timings = { retryAfterMs: 3_600_000 }
  const dialed = await start({ timings })
  const dials = await start({ timings, discovery: { peers: [dialed.address()] } })
  const [a, b] = who === 'the one that dials' ? [dialed, dials] : [dials, dialed]
  await trusts(b, a)
  await until(() => a.trust.pending().length === 1, { what: 'pending at the other' })
  expect([a, b].map(({ mesh }) => mesh.status().peers_connected)).toEqual([0, 0])
  expect([a, b].flatMap(({ link }) => link.peers())).toEqual([])
  await trusts(a, b)
  await linked(a, b)
})

test.each(['deny', 'revoke'] as const)('%s closes at both ends, and the key is refused', async (how) => {
  const [a, b] = await pair()
  await a.trust[how](b.id)
  expect(a.mesh.status().peers_connected).toBe(0)
  expect(a.link.peers()).toEqual([])
  expect(a.link.sendHop(b.id, QueryDone, done)).toBe(false)
  await until(() => b.mesh.status().peers_connected === 0 && b.link.peers().length === 0, {
    what: 'b has noticed',
  })
  // It was told nothing, so for b a is not offline but gone.
  expect(b.trust.sightings.some((sighting) => sighting.offline)).toBe(false)
  using limit = deadline(pacedTimers, 5_000)
  expect(await b.mesh.reach(a.id, limit.signal)).toBe(false)
  expect(a.mesh.isConnected(b.id)).toBe(false)
  expect(a.trust.member(b.id)).toBeUndefined()

  await trusts(a, b)
  await linked(a, b)
})

test('decisions are heard before the first connection can be there', async () => {
  const { mesh, trust } = meshNode()
  const { onChange } = trust
  let listening: readonly string[] | undefined
  Object.assign(trust, {
    onChange(listener: Parameters<typeof onChange>[0]) {
      listening = mesh.status().listen
      return onChange(listener)
    },
  })
  await mesh.start(patience())
  await mesh.stop()
  expect(listening).toEqual([])
})

test('trust taken back without denying closes too, and leaves the peer pending', async () => {
  const [a, b] = await pair()
  await a.trust.trust(b.id, { level: 'untrusted' })
  expect(a.mesh.status().peers_connected).toBe(0)
  await until(() => b.mesh.status().peers_connected === 0, { what: 'b has noticed' })
  await until(() => a.trust.pending().some((peer) => peer.node_id === b.id), { what: 'pending again' })
})

test('Goodbye says offline; a cut says nothing', async () => {
  const [a, b] = await pair()
  await b.mesh.stop()
  await until(() => a.mesh.status().peers_connected === 0, { what: 'a has noticed' })
  expect(a.trust.sightings.at(-1)).toEqual({ node: b.id, offline: true })
  expect(a.events.at(-1)).toMatchObject({ what: 'down', peer: b.id })

  const { peer: member, connection } = await joined(a)
  connection.abort(new Error('cut'))
  await until(() => !a.mesh.isConnected(member.id), { what: 'a has noticed the cut' })
  expect(a.trust.sightings.at(-1)).toEqual({ node: member.id, offline: false })
  expect(
    a.audited.filter((entry) => entry.type === 'peer_disconnected').map((entry) => entry.details.reason),
  ).toEqual(['goodbye', 'cut'])
})

test('a restarted peer is connected again by whoever can', async () => {
  const [a, b] = await pair()
  const { port } = b.address()
  await b.mesh.stop()
  await until(() => a.mesh.status().peers_connected === 0, { what: 'a has noticed' })
  // No peers configured this time: it is a that comes back.
  const again = await start({ identity: b.identity, trust: b.trust, mesh: { port } })
  await linked(a, again)
})

test('a peer that is silent without a word is cut off after two missed pings', async () => {
  const a = await start({ mesh: { ping_seconds: 1 } })
  const { peer: member, control } = await joined(a)
  await until(() => !a.mesh.isConnected(member.id), { what: 'cut off' })
  expect(control.frames.filter((frame) => frame.message.name === 'Ping')).toHaveLength(2)
})

test('nodes that ping each other stay connected', async () => {
  const types: number[] = []
  const tap = {
    mesh: { ping_seconds: 1 },
    onEncoded: (bytes: Uint8Array) => types.push(Buffer.from(bytes).readUInt16BE(10)),
  }
  const [a, b] = await pair(tap, tap)
  // By then a link that nobody answered on would have been cut.
  await until(() => types.filter((type) => type === Pong.type).length >= 3, { what: 'three pongs' })
  expect(a.mesh.isConnected(b.id)).toBe(true)
  expect(a.events.map((event) => event.what)).toEqual(['up'])
})

test('a pinned key is the only one accepted at its address', async () => {
  const a = await start()
  const pinned = await start({ discovery: { peers: [{ ...a.address(), nodeId: testIdentity().nodeId }] } })
  const open = await start({ discovery: { peers: [{ ...a.address(), nodeId: a.id }] } })
  await until(() => open.trust.pending().length === 1 && a.trust.pending().length > 0, {
    what: 'the right pin',
  })
  expect(pinned.trust.pending()).toEqual([])
  expect(a.trust.pending().map((peer) => peer.node_id)).toEqual([open.id])
})

test('reach dials a member nobody is connected to, and gives up at the signal', async () => {
  const [a, b] = await pair()
  const c = await start()
  await trusts(a, c)
  await trusts(c, a)
  expect(await a.mesh.reach(b.id, patience())).toBe(true)
  using limit = deadline(pacedTimers, 1_000)
  expect(await a.mesh.reach(c.id, limit.signal)).toBe(false)
  c.trust.sawStranger(a.id, { name: 'a', addresses: a.mesh.status().listen })
  await trusts(c, a)
  await linked(a, c)
  expect(await c.mesh.reach(a.id, patience())).toBe(true)
})

test('simultaneous dials end with exactly one usable link at each end', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [x, y] = [testIdentity(), testIdentity()]
    const a = await start({ identity: x })
    const b = await start({ identity: y })
    a.trust.sawStranger(b.id, { name: 'b', addresses: b.mesh.status().listen })
    b.trust.sawStranger(a.id, { name: 'a', addresses: a.mesh.status().listen })
    // Both decide in the same moment, so both dial in the same moment.
    await Promise.all([trusts(a, b), trusts(b, a)])
    await linked(a, b)
    await Promise.all([a.mesh.reach(b.id, patience()), b.mesh.reach(a.id, patience())])
    const sent = (from: typeof a, to: typeof b): Promise<unknown> =>
      until(
        () => {
          const before = to.events.filter((event) => event.what === 'frame').length
          return before > 0 || (from.link.sendHop(to.id, QueryDone, done) && false)
        },
        { what: `round ${round}: a frame arrives` },
      )
    await sent(a, b)
    await sent(b, a)
    expect(a.link.peers().map((peer) => peer.nodeId)).toEqual([b.id])
    expect(b.link.peers().map((peer) => peer.nodeId)).toEqual([a.id])
    await Promise.all([a.mesh.stop(), b.mesh.stop()])
  }
})

test('stop ends within its deadline even when a peer never takes what is written', async () => {
  const timings = { closeMs: 3_600_000, stopMs: 100 }
  const a = await start({ timings })
  const { peer: deaf, connection } = await joined(a)
  await deaf.open(connection, query.id)
  await until(() => a.link.peers().length === 1, { what: 'link' })
  const { maConn } = connection as unknown as { maConn: { socket: { pause(): void } } }
  maConn.socket.pause()
  const sealed = new Uint8Array(60_000)
  const body = { query_id: new Uint8Array(16), author: deaf.identity.publicKey, sealed }
  const control = await start()
  const document = encodeFrame(
    Response,
    { sender: control.identity.publicKey, ts: 0, nonce: new Uint8Array(16), seq: 0 },
    body,
    control.identity.sign,
  )
  while (a.link.sendDocument(deaf.id, document)) {
    // Until nothing more fits anywhere.
  }
  await a.mesh.stop()
  expect(a.mesh.status()).toEqual({ listen: [], peers_connected: 0, peers_trusted: 0, peers_pending: 0 })
})

test('stop twice is stop once; a start that fails says what to do and leaves nothing behind', async () => {
  const [a, b] = await pair()
  await Promise.all([a.mesh.stop(), a.mesh.stop()])
  expect(a.mesh.status().peers_connected).toBe(0)
  using limit = deadline(pacedTimers, 1_000)
  expect(await a.mesh.reach(b.id, limit.signal)).toBe(false)

  const taken = meshNode({ mesh: { port: b.address().port } })
  await expect(taken.mesh.start(patience())).rejects.toMatchObject({ code: 'unavailable' })
  const aborted = meshNode()
  await expect(aborted.mesh.start(AbortSignal.abort())).rejects.toThrow()
  expect(aborted.mesh.status().listen).toEqual([])
})
