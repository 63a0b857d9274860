// Starts mesh nodes and raw peers for one test file and ends all of them after each test.
import { createServer, type Socket } from 'node:net'
import { afterEach } from 'vitest'
import type { Stream } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import { Hello, HelloAck, type HelloBody } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello, query } from '../../../protocols/registry.ts'
import type { Clock } from '../../../src/base/clock.ts'
import type { Link, Mesh } from '../../../src/mesh/index.ts'
import { type MeshNode, type MeshNodeInit, meshNode } from '../../support/mesh/mesh-node.ts'
import { type RawPeer, type RawStream, rawHello, rawPeer } from '../../support/mesh/raw-peer.ts'
import { pacedClock } from '../../support/run/paced-time.ts'
import { patience, until } from '../../support/run/until.ts'

export interface Running extends MeshNode {
  readonly link: Link
  /** What the link's handler was told, in order. */
  readonly events: { what: 'up' | 'down' | 'frame'; peer: NodeId; frame?: Frame }[]
}

/** Quotas fill with time: on a busy machine, which takes longer over a burst, they would let all of it through. */
export const slowClock: Clock = { now: pacedClock.now, monotonic: () => pacedClock.monotonic() / 100 }

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

/** `judge` may throw, as a room's handler may. `before` may join topics. */
export async function start(
  init: MeshNodeInit = {},
  judge: (frame: Frame) => void = () => {},
  before: (mesh: Mesh) => void = () => {},
  protocol: Stream = query,
): Promise<Running> {
  const node = meshNode(init)
  before(node.mesh)
  const events: Running['events'] = []
  const link = node.mesh.link(protocol)
  link.serve({
    frame(peer, frame) {
      judge(frame)
      events.push({ what: 'frame', peer: peer.nodeId, frame })
    },
    up: (peer) => events.push({ what: 'up', peer: peer.nodeId }),
    down: (peer) => events.push({ what: 'down', peer: peer.nodeId }),
  })
  await node.mesh.start(patience())
  stops.push(() => node.mesh.stop())
  return { ...node, link, events }
}

/** `services` are libp2p's, for a peer that speaks more than it is told to. */
export async function raw(services?: Parameters<typeof rawPeer>[1]): Promise<RawPeer> {
  const peer = await rawPeer(undefined, services)
  stops.push(() => peer.stop())
  return peer
}

export const trusts = (node: MeshNode, other: { readonly id: NodeId }): Promise<void> =>
  node.trust.trust(other.id, { level: 'peer' })

export const linked = (a: Running, b: Running): Promise<unknown> =>
  until(
    () =>
      a.link.peers().some((peer) => peer.nodeId === b.id) &&
      b.link.peers().some((peer) => peer.nodeId === a.id),
    { what: 'link up at both ends' },
  )

/** They trust each other, and one of them knows where the other is. */
export async function befriend(a: Running, b: Running): Promise<void> {
  await trusts(a, b)
  await trusts(b, a)
  await linked(a, b)
}

/** A stranger at a fresh node, with its control stream open and nothing said. */
export async function visitor(init: MeshNodeInit = {}) {
  const node = await start(init)
  const peer = await raw()
  const connection = await peer.dial(node.address())
  return { node, peer, connection, control: await peer.open(connection, hello.id) }
}

/** The peer dials the node and says its Hello. */
export async function greets(peer: RawPeer, node: MeshNode, said: Partial<HelloBody> = {}) {
  const connection = await peer.dial(node.address())
  const control = await peer.open(connection, hello.id)
  control.send(control.frame(Hello, rawHello(said)))
  return { connection, control }
}

/** What the node says to the first Hello on this stream. */
export const answerOn = (control: RawStream): Promise<Frame> =>
  until(() => control.frames.find(({ message }) => message === HelloAck), { what: 'an answer' })

/** Somebody who takes every connection and says nothing; how many it has taken. */
export async function mute(): Promise<{ readonly port: number; taken(): number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, taken: () => sockets.size }
}

/** A raw peer that the node trusts and has as a neighbour. */
export async function joined(node: MeshNode) {
  const peer = await raw()
  await trusts(node, peer)
  const connection = await peer.dial(node.address())
  const control = await peer.join(connection)
  await until(() => node.mesh.isConnected(peer.id), { what: 'neighbour' })
  return { peer, connection, control }
}

/** Two nodes that trust each other and are connected; `a` was dialed by `b`. */
export async function pair(a: MeshNodeInit = {}, b: MeshNodeInit = {}): Promise<[Running, Running]> {
  const first = await start(a)
  const second = await start({ ...b, discovery: { peers: [first.address()], ...b.discovery } })
  await befriend(first, second)
  return [first, second]
}
