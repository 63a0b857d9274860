// Gossip as a hostile peer speaks it: RPCs of gossipsub written by hand on a stream of its own.
import { RPC } from '@libp2p/gossipsub/message'
import type { Connection } from '@libp2p/interface'
import { encode } from 'it-length-prefixed'
import type { Topic } from '../../../protocols/define.ts'
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
