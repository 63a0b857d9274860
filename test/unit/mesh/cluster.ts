// Starts mesh nodes and raw peers for one test file and ends all of them after each test.
import { afterEach } from 'vitest'
import type { Stream } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { query } from '../../../protocols/registry.ts'
import type { Link, Mesh } from '../../../src/mesh/index.ts'
import { type MeshNode, type MeshNodeInit, meshNode } from '../../support/mesh/mesh-node.ts'
import { type RawPeer, rawPeer } from '../../support/mesh/raw-peer.ts'
import { patience, until } from '../../support/run/until.ts'

export interface Running extends MeshNode {
  readonly link: Link
  /** What the link's handler was told, in order. */
  readonly events: { what: 'up' | 'down' | 'frame'; peer: NodeId; frame?: Frame }[]
}

/** Quotas fill with time: on a busy machine, which takes longer over a burst, they would let all of it through. */
export const slowClock = { now: () => Date.now(), monotonic: () => performance.now() / 100 }

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
  const link = node.mesh.link(protocol, {
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

/** Two nodes that trust each other and are connected; `a` was dialed by `b`. */
export async function pair(a: MeshNodeInit = {}, b: MeshNodeInit = {}): Promise<[Running, Running]> {
  const first = await start(a)
  const second = await start({ ...b, discovery: { peers: [first.address()], ...b.discovery } })
  await trusts(first, second)
  await trusts(second, first)
  await linked(first, second)
  return [first, second]
}
