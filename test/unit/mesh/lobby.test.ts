// Strangers by the dozen: few places, short stays, and nobody who is known is kept out by them.
import { connect } from 'node:net'
import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { Goodbye, Hello, type HelloBody, Ping } from '../../../protocols/messages/hello.ts'
import { hello } from '../../../protocols/registry.ts'
import { createDoorkeeper, LAN_DOOR, LOOPBACK_DOOR } from '../../../src/mesh/admission/doorkeeper.ts'
import { createLobby, LOBBY } from '../../../src/mesh/state/lobby.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { until } from '../../support/run/until.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { answerOn, befriend, greets, raw, slowClock, start, trusts, visitor } from './cluster.ts'

/** For tests that do not wait for the end of it, however slow the machine is. */
const LONG_LOBBY = { timings: { lobbyMs: 3_600_000 } }

/** A node whose time stands until the test lets it pass, with the lobby's own time. */
async function timeless() {
  const time = new VirtualTime()
  const { lobbyMs } = TIMINGS
  return { time, lobbyMs, a: await start({ clock: time.clock, timers: time, timings: { lobbyMs } }) }
}

test('a stranger is gone after the lobby’s time, whether it said hello or nothing', async () => {
  const { a, time, lobbyMs } = await timeless()
  const [silent, polite] = [await raw(), await raw()]
  const one = await silent.dial(a.address())
  const { connection: two } = await greets(polite, a)
  await until(() => a.trust.pending().length === 1, { what: 'pending' })
  const here = (): number => a.mesh.inspect().connections.length
  await until(() => here() === 2, { what: 'both are known here' })
  time.advance(lobbyMs - 1)
  expect(here()).toBe(2)
  time.advance(1)
  await until(() => one.status !== 'open' && two.status !== 'open', { what: 'both closed' })
})

test('one trusted here that never agrees is gone as well', async () => {
  const { a, time, lobbyMs } = await timeless()
  const peer = await raw()
  await trusts(a, peer)
  const { connection, control } = await greets(peer, a)
  await answerOn(control)
  expect(connection.status).toBe('open')
  time.advance(lobbyMs)
  await until(() => connection.status !== 'open', { what: 'closed' })
  expect(a.mesh.status().peers_connected).toBe(0)
})

test('30 strangers share 8 places, and a trusted newcomer gets in among them', async () => {
  const a = await start(LONG_LOBBY)
  const known = await start({ discovery: { peers: [a.address()] }, timings: { retryAfterMs: 100 } })
  const strangers = await Promise.all(Array.from({ length: 30 }, () => raw()))
  const connections = await Promise.all(strangers.map((stranger) => stranger.dial(a.address())))
  const open = (): number => connections.filter((connection) => connection.status === 'open').length
  await until(() => open() <= LOBBY.total, { what: 'strangers giving way' })
  await befriend(a, known)
  expect(open()).toBeGreaterThan(0)
  expect(open()).toBeLessThanOrEqual(LOBBY.total)
})

test('who is trusted here takes no stranger’s place and gives way to none', async () => {
  const a = await start({ ...LONG_LOBBY, lobby: { perAddress: 2, total: 2 } })
  const known = await raw()
  await trusts(a, known)
  const connection = await known.dial(a.address())
  const strangers: { readonly status: string }[] = []
  for (let i = 0; i < 4; i++) strangers.push(await (await raw()).dial(a.address()))
  await until(() => strangers.filter(({ status }) => status === 'open').length === 2, {
    what: 'two strangers left',
  })
  expect(connection.status).toBe('open')
})

test.each([
  ['a Ping', Ping, { id: 1 }],
  ['a Goodbye', Goodbye, { reason: 'stopping' }],
] as const)('%s of a stranger ends its connection', async (_, message, body) => {
  const { node: a, connection, control } = await visitor()
  control.send(control.frame<never>(message as never, body as never))
  await until(() => connection.status !== 'open', { what: 'closed' })
  expect(a.trust.sightings).toEqual([])
  expect(a.mesh.rejections().not_admitted).toBe(1)
})

test('a second hello stream, and a second Hello, are refused', async () => {
  const { node: a, peer: stranger, connection, control } = await visitor()
  const second = await stranger.open(connection, hello.id)
  await until(() => !second.open(), { what: 'second stream reset' })
  control.send(control.frame(Hello, rawHello()))
  control.send(control.frame(Hello, rawHello()))
  await until(() => connection.status !== 'open', { what: 'closed' })
  expect(a.mesh.rejections().out_of_order).toBe(1)
})

test('a stranger gets eight streams, and no more to fill', async () => {
  const a = await start({ timings: { lobbyMs: 3_600_000, negotiateMs: 3_600_000 } })
  const stranger = await raw()
  const connection = await stranger.dial(a.address())
  const { muxer } = connection as unknown as { muxer: { createStream(): Promise<Stream> } }
  const streams: Stream[] = []
  for (let i = 0; i < 20; i++) {
    const stream = await muxer.createStream()
    // The first bytes of a negotiation that never goes on.
    stream.send(Buffer.from('\x13/multistream'))
    streams.push(stream)
  }
  const reset = (): number => streams.filter(({ status }) => status === 'reset').length
  await until(() => reset() === 12, { what: 'twelve streams reset' })
  expect(streams.filter(({ status }) => status === 'open')).toHaveLength(8)
})

test('of a stranger’s claimed addresses only those at its own address are kept', async () => {
  const a = await start()
  const elsewhere = ['/ip4/10.1.2.3/tcp/22', '/ip4/8.8.8.8/tcp/53', 'nonsense', '/dns4/x/tcp/1']
  await greets(await raw(), a, { listen: ['/ip4/127.0.0.1/tcp/4000', ...elsewhere] })
  await until(() => a.trust.pending().length === 1, { what: 'pending' })
  expect(a.trust.pending()[0]?.addresses).toEqual(['/ip4/127.0.0.1/tcp/4000'])
})

test('a stranger is told the address it has found, a member all of them', async () => {
  const a = await start({ mesh: { listen: ['127.0.0.1', '127.0.0.2'] } })
  const b = await start({ discovery: { peers: [a.address()] } })
  const all = a.mesh.status().listen
  const { port } = a.address()
  expect(all).toHaveLength(2)
  const peer = await raw()
  const toldTo = async (): Promise<readonly string[] | undefined> => {
    const { control } = await greets(peer, a)
    const said = await until(() => control.frames.find((frame) => frame.message === Hello), { what: 'Hello' })
    return (said.body as HelloBody).listen
  }
  expect(await toldTo()).toEqual([`/ip4/127.0.0.1/tcp/${port}`])
  await trusts(a, peer)
  expect([...((await toldTo()) ?? [])].sort()).toEqual([...all].sort())
  // Two nodes that met as strangers know all of it once they are neighbours.
  await until(() => b.trust.pending().length === 1, { what: 'b has met a' })
  await befriend(a, b)
  expect([...(b.trust.member(a.id)?.addresses ?? [])].sort()).toEqual([...all].sort())
})

test('a flood of new keys leaves a bounded trace in the ledger', async () => {
  const a = await start({ clock: slowClock })
  for (let i = 0; i < 15; i++) {
    await greets(await raw(), a)
    await until(() => a.trust.pending().length === i + 1, { what: 'pending' })
  }
  expect(a.audited.filter((entry) => entry.type === 'peer_pending')).toHaveLength(10)
})

test('silent sockets are closed, and do not keep a member out', async () => {
  const a = await start({ timings: { handshakeMs: TIMINGS.handshakeMs } })
  const { host, port } = a.address()
  const sockets = Array.from({ length: 200 }, () => connect(port, host).on('error', () => {}))
  const b = await start({ discovery: { peers: [a.address()] } })
  await befriend(a, b)
  await until(() => sockets.every((socket) => socket.destroyed || socket.readyState === 'closed'), {
    what: 'closed',
  })
})

test('places: two per address, eight in all, the oldest leaves', () => {
  const lobby = createLobby<string>(LOBBY)
  expect(lobby.enter('a1', '10.0.0.1')).toEqual([])
  expect(lobby.enter('a2', '10.0.0.1')).toEqual([])
  expect(lobby.enter('a3', '10.0.0.1')).toEqual(['a1'])
  for (let i = 2; i < 8; i++) expect(lobby.enter(`b${i}`, `10.0.0.${i}`)).toEqual([])
  expect(lobby.enter('c', '10.0.0.9')).toEqual(['a2'])
  lobby.leave('c')
  expect(lobby.enter('d', '10.0.0.10')).toEqual([])
})

test('places on loopback: one machine may hold them all, but no more', () => {
  const lobby = createLobby<number>(LOBBY)
  const left = Array.from({ length: 20 }, (_, guest) => lobby.enter(guest, '127.0.0.1')).flat()
  expect(left).toEqual(Array.from({ length: 12 }, (_, guest) => guest))
})

test('the door: per host, in all, and per second; members’ addresses and loopback are not kept out by strangers', () => {
  let now = 0
  const door = createDoorkeeper(() => now)
  const asked: string[] = []
  const knows = (host: string): boolean => {
    asked.push(host)
    return host === '10.0.1.2'
  }
  const enter = (host: string): boolean => door.enters(host, knows)
  // Twenty a second, sixteen at a time.
  const first = Array.from({ length: 30 }, () => enter('10.0.0.1')).filter(Boolean)
  expect(first).toHaveLength(LAN_DOOR.pendingPerHost)
  for (let i = 0; i < 16; i++) door.left('10.0.0.1')
  expect(Array.from({ length: 30 }, () => enter('10.0.0.1')).filter(Boolean)).toHaveLength(4)
  now += 1_000
  expect(enter('10.0.0.1')).toBe(true)

  expect(asked).toEqual([])

  const others = Array.from({ length: 58 * 16 }, (_, n) => enter(`10.0.0.${2 + (n >> 4)}`)).filter(Boolean)
  // One of the first host is still there.
  expect(others).toHaveLength(LAN_DOOR.pendingTotal - 5)
  expect(enter('10.0.1.1')).toBe(false)
  expect(enter('10.0.1.2')).toBe(true)
  // Who comes too fast is not even looked up.
  for (let i = 0; i < 100; i++) enter('10.0.1.3')
  expect(asked.filter((host) => host === '10.0.1.3')).toHaveLength(LAN_DOOR.perSecond)
  const local = Array.from({ length: 1_000 }, () => enter('127.0.0.1')).filter(Boolean)
  expect(local).toHaveLength(LOOPBACK_DOOR.pendingPerHost)
})
