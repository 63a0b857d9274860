// Strangers and hostile members at a real daemon's door: what they see, what they get refused, and that nobody notices.
import { connect, type Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Stream } from '../../../protocols/define.ts'
import { REJECT_CODES, type RejectCode } from '../../../protocols/frame.ts'
import { Hello, HelloAck } from '../../../protocols/messages/hello.ts'
import { hello, STREAMS } from '../../../protocols/registry.ts'
import type { AuditEntryShape, PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { PENDING_MAX } from '../../../src/trust/peers/seen.ts'
import { type Aim, ATTACKS, fitting, linkOf } from '../../support/mesh/attacks.ts'
import {
  addressOf,
  api,
  befriend,
  keepAsking,
  linked,
  nextTo,
  trusts,
  undisturbed,
} from '../../support/mesh/honest.ts'
import { hostilePeers, reset } from '../../support/mesh/hostile.ts'
import { type RawPeer, type RawStream, rawHello } from '../../support/mesh/raw-peer.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { randomOf } from '../../support/run/random.ts'
import { until } from '../../support/run/until.ts'

/** Places in the lobby. */
const LOBBY_PLACES = 8
/** A stranger may stay in the lobby this long. */
const LOBBY_MS = 10_000

const MEMBERS_ONLY = [
  ...STREAMS.filter(({ admits }) => admits === 'member').map(({ id }) => id),
  '/ipfs/id/1.0.0',
  '/ipfs/ping/1.0.0',
  '/karo/kad/1',
]

async function outsiders(count: number): Promise<RawPeer[]> {
  const peers = await hostilePeers(count)
  onTestFinished(async () => {
    await Promise.all(peers.map((peer) => peer.stop()))
  })
  return peers
}

async function outsider(): Promise<RawPeer> {
  const [peer] = await outsiders(1)
  return peer as RawPeer
}

async function pendingAt(node: TestNode): Promise<PeerShape[]> {
  return (await node.json<{ peers: PeerShape[] }>(['peers', 'pending'])).peers
}

/** Says hello, and waits for the answer or the end of the connection. */
async function introduce(peer: RawPeer, connection: Connection): Promise<RawStream> {
  const control = await peer.open(connection, hello.id)
  control.send(control.frame(Hello, rawHello({ name: 'nobody' })))
  const answered = () => control.frames.some(({ message }) => message === HelloAck)
  await until(() => answered() || connection.status !== 'open', { what: 'an answer to hello' })
  return control
}

async function seesHelloAlone(peer: RawPeer, connection: Connection): Promise<void> {
  expect(await peer.list(connection)).toEqual([hello.id])
  for (const protocol of MEMBERS_ONLY) await expect(peer.open(connection, protocol)).rejects.toThrow()
}

describe('a stranger', () => {
  test('is pending under its proven id, is served hello alone, and is gone after its time', async () => {
    const node = await startNode()
    const address = await addressOf(node)
    const [polite, silent] = (await outsiders(2)) as [RawPeer, RawPeer]
    const mute = await muteSocket(address)
    const spoken = await polite.dial(address)
    const unspoken = await silent.dial(address)

    await seesHelloAlone(polite, spoken)
    const control = await introduce(polite, spoken)
    expect(control.frames.map(({ body }) => body)).toMatchObject([
      { versions: expect.arrayContaining(STREAMS.map(({ id }) => id)) },
      { stage: 'pending' },
    ])
    await seesHelloAlone(polite, spoken)
    await seesHelloAlone(silent, unspoken)
    // Its key is proven, so it is listed by it; who said nothing is nobody yet.
    expect(await pendingAt(node)).toMatchObject([
      { node_id: polite.id, name: 'nobody', state: 'pending', trust_level: 'untrusted' },
    ])

    const still = (): string[] => [
      ...(spoken.status === 'open' ? ['spoken'] : []),
      ...(unspoken.status === 'open' ? ['unspoken'] : []),
      ...(mute.destroyed ? [] : ['mute']),
    ]
    await until(() => still().length === 0, { what: 'all of them are gone' })
    expect(await pendingAt(node)).toHaveLength(1)
    expect((await node.status()).mesh).toMatchObject({ peers_connected: 0, members_known: 0 })
  })

  test('and forty more at once have eight places, at the cost of no member', async () => {
    const node = await startNode()
    const address = await addressOf(node)
    const honest = await startNode({ config: await nextTo(node) })
    await befriend(node, honest)
    const asking = keepAsking(honest)

    const crowd = await outsiders(PENDING_MAX + LOBBY_PLACES)
    const open = (): number => crowd.reduce((sum, { host }) => sum + host.getConnections().length, 0)
    const came: Connection[] = []
    // Some are pushed out in the middle of their hello, which they see as an error: that is what is meant to happen.
    await Promise.allSettled(
      crowd.slice(0, 40).map(async (peer) => {
        const connection = await peer.dial(address)
        came.push(connection)
        await introduce(peer, connection)
      }),
    )
    await until(() => open() <= LOBBY_PLACES, { what: 'eight are left' })
    // Long before their time was over: who is there as long as that may have gone by themselves.
    const pushedOut = (): number =>
      came.filter(({ timeline: { open, close } }) => close !== undefined && close - open < LOBBY_MS / 2)
        .length
    const pushed = pushedOut()
    expect(pushed).toBeGreaterThan(0)
    // Nobody while there is a place.
    expect(pushed).toBeLessThanOrEqual(came.length - LOBBY_PLACES)

    const member = await outsider()
    await trusts(node, member.id)
    await member.join(await member.dial(address))
    // A member takes none of these places.
    expect(pushedOut()).toBe(pushed)

    // All of them now, as many at a time as there are places, so that each is heard.
    for (let first = 0; first < crowd.length; first += LOBBY_PLACES) {
      const wave = crowd.slice(first, first + LOBBY_PLACES)
      await Promise.all(wave.map(async (peer) => introduce(peer, await peer.dial(address))))
      await until(() => open() <= LOBBY_PLACES, { what: 'the wave before has left' })
    }
    const pending = (await pendingAt(node)).map(({ node_id }) => node_id)
    expect(pending).toHaveLength(PENDING_MAX)
    expect(pending.toSorted()).toEqual(
      crowd
        .slice(-PENDING_MAX)
        .map(({ id }) => id)
        .toSorted(),
    )
    expect((await node.status()).mesh).toMatchObject({ peers_connected: 2, peers_pending: PENDING_MAX })
    undisturbed(await asking.end(), 1)
  })
})

describe('trust on one side alone opens nothing', () => {
  test.each(['the one who is dialed', 'the one who dials'] as const)('when it is %s', async (who) => {
    const dialed = await startNode()
    const dials = await startNode({ config: await nextTo(dialed) })
    const [first, second] = who === 'the one who dials' ? [dials, dialed] : [dialed, dials]
    const idOf = async (node: TestNode): Promise<string> => (await node.status()).node_id
    await trusts(first, await idOf(second))
    // They have met and each knows what the other thinks of it.
    await until(async () => (await pendingAt(second)).length === 1, { what: 'one waits at the other' })
    await until(
      async () => (await first.json<{ peers: PeerShape[] }>(['peers'])).peers[0]?.last_seen !== null,
      { what: 'the other was met' },
    )
    for (const node of [first, second]) {
      const { mesh } = await node.status()
      expect(mesh).toMatchObject({ peers_connected: 0, peers_trusted: 0, members_known: 0 })
      const { coverage, ended_by } = await node.json<QueryResult>(['query', 'health'])
      expect({ ended_by, ...coverage }).toMatchObject({ ended_by: 'all_done', known: 0, answered: 0 })
    }

    // The other one's word was all that was missing.
    await trusts(second, await idOf(first))
    await linked(first, second)
    for (const node of [first, second]) {
      const result = await node.json<QueryResult>(['query', 'health', '--require-complete'])
      undisturbed([result], 1)
    }
  })

  test('neither to a stranger who agrees to everything, nor to a trusted one who agrees to nothing', async () => {
    const node = await startNode()
    const address = await addressOf(node)
    const [eager, trusted, quiet] = (await outsiders(3)) as [RawPeer, RawPeer, RawPeer]
    await trusts(node, trusted.id)
    const quietly = await quiet.dial(address)

    const eagerly = await eager.dial(address)
    const control = await introduce(eager, eagerly)
    control.send(control.frame(HelloAck, { stage: 'yes', skew_ms: 0 }))
    await seesHelloAlone(eager, eagerly)
    const coolly = await trusted.dial(address)
    await introduce(trusted, coolly)
    await seesHelloAlone(trusted, coolly)
    expect((await node.status()).mesh).toMatchObject({ peers_connected: 0, members_known: 0 })

    // To say that both have agreed when they have not ends the connection.
    control.send(control.frame(HelloAck, { stage: 'ready', skew_ms: 0 }))
    await until(() => eagerly.status !== 'open', { what: 'the liar is gone' })
    // It was not its time: who came before it is still there.
    expect(quietly.status).toBe('open')

    // What it would have seen.
    const joined = await trusted.dial(address)
    await trusted.join(joined)
    expect([...(await trusted.list(joined))].sort()).toEqual([hello.id, ...MEMBERS_ONLY].sort())
  })
})

describe('an admitted peer that misbehaves', () => {
  let victim: TestNode
  let honest: TestNode
  let address: { readonly host: string; readonly port: number }

  beforeAll(async () => {
    victim = await startNode()
    honest = await startNode({ config: await nextTo(victim) })
    address = await addressOf(victim)
    await befriend(victim, honest)
  })

  const rejected = async (): Promise<Record<RejectCode, number>> => (await victim.status()).mesh.rejected

  const plus = (before: Record<RejectCode, number>, more: Partial<Record<RejectCode, number>>) =>
    Object.fromEntries(REJECT_CODES.map((code) => [code, before[code] + (more[code] ?? 0)]))

  interface Member extends Aim {
    readonly connection: Connection
  }

  async function join(protocol: Stream): Promise<Member> {
    const peer = await outsider()
    await trusts(victim, peer.id)
    const connection = await peer.dial(address)
    const control = await peer.join(connection)
    const stream = protocol === hello ? control : await peer.open(connection, protocol.id)
    return { peer, protocol, stream, connection }
  }

  async function refusedAs(code: RejectCode, aim: Member, strike: () => void): Promise<void> {
    const before = await rejected()
    strike()
    await reset(aim.stream, code)
    expect(await rejected()).toEqual(plus(before, { [code]: 1 }))
    const audited = await until(
      async () => {
        const path = `audit/log?type=policy_violation&peer=${encodeURIComponent(aim.peer.id)}`
        return ((await api(victim, 'GET', path)) as { entries: AuditEntryShape[] }).entries[0]
      },
      { what: 'the audit entry' },
    )
    expect(audited).toMatchObject({
      success: false,
      peer: aim.peer.id,
      details: { reason: code, protocol: aim.protocol.id, times: 1 },
    })
    // The control stream is the connection; any other ends alone.
    if (aim.protocol === hello) await until(() => aim.connection.status !== 'open', { what: 'the end' })
    else expect(aim.connection.status).toBe('open')
    aim.connection.abort(new Error('done'))
  }

  const seeded = randomOf(20)
  // One of each code, and one on the stream that is the connection: all ways of an attack are tried in unit/mesh/frames.
  const perCode = [...new Map(ATTACKS.map((attack) => [attack.code, attack])).values()]
  const cases = perCode.map((attack, i) => {
    const protocol = i === 0 && attack.signed !== true ? hello : linkOf(attack)
    return { attack, protocol, name: attack.name, code: attack.code, id: protocol.id }
  })
  test.each(cases)('$name is $code on $id', async ({ attack, protocol, code }) => {
    const aim = await join(protocol)
    aim.stream.send(fitting(aim))
    await refusedAs(code, aim, () => attack.strike(aim, seeded))
  })

  // The protocol with the least; the others are tried where a test has the clock (unit/mesh/frames), because a busy machine
  // reads thousands of frames no faster than their quota fills.
  test('more than its quota is rate_limited', async () => {
    const aim = await join(hello)
    await refusedAs('rate_limited', aim, () => {
      // Twice: some more are let through while they are on their way.
      for (let sent = 0; sent < hello.quota.frames * 2; sent++) aim.stream.send(fitting(aim))
    })
  })
})

/** A TCP connection on which nothing is ever said. */
async function muteSocket(address: { host: string; port: number }): Promise<Socket> {
  const socket = connect(address)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  // Without a reader its end would not be seen.
  return socket.resume()
}
