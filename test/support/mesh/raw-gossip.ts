// Gossip as a hostile peer speaks it: RPCs of gossipsub written by hand on a stream of its own.
import { randomBytes } from 'node:crypto'
import { RPC } from '@libp2p/gossipsub/message'
import type { Connection } from '@libp2p/interface'
import { encode } from 'it-length-prefixed'
import type { Topic } from '../../../protocols/define.ts'
import { encodeFrame } from '../../../protocols/frame.ts'
import { Presence } from '../../../protocols/messages/presence.ts'
import { testIdentity } from './mesh-node.ts'
import type { RawPeer, RawStream } from './raw-peer.ts'

const MESHSUB = '/meshsub/1.2.0'

export interface RawGossip {
  readonly stream: RawStream
  subscribe(topic: string): void
  /** Each as a message of its own, all in one RPC. */
  publish(topic: Topic, ...frames: readonly Uint8Array[]): void
}

/** Rejects when gossip is not served. */
export async function rawGossip(peer: RawPeer, connection: Connection): Promise<RawGossip> {
  const stream = await peer.open(connection, MESHSUB)
  const send = (rpc: Partial<RPC>): void => {
    const bytes = RPC.encode({ subscriptions: [], messages: [], ...rpc })
    stream.send(encode.single(bytes).subarray())
  }
  return {
    stream,
    subscribe: (topic) => send({ subscriptions: [{ subscribe: true, topic }] }),
    publish: (topic, ...frames) => send({ messages: frames.map((data) => ({ data, topic: topic.id })) }),
  }
}

/** A member that there is not, and what it says of itself. */
export function inventedPresence(name: string): Uint8Array {
  const author = testIdentity(randomBytes(32))
  const now = Date.now()
  const capabilities = {
    protocol_version: 1,
    karo_version: '0.1.0',
    can_aggregate: false,
    supports_level1: true,
    supports_level2: false,
  }
  return encodeFrame(
    Presence,
    { sender: author.publicKey, ts: now, nonce: randomBytes(16), seq: 0 },
    { version: now, state: 'online', name, capabilities, listen: [], lost: [], asks: false },
    (bytes) => author.sign(bytes),
  )
}
