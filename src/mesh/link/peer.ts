// Between libp2p's peer ids and Karo's node ids: both name the same Ed25519 key.
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { formatNodeId, keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { PeerRef } from '../types.ts'

/** Undefined for keys of other kinds. */
export function nodeOf(id: PeerId): NodeId | undefined {
  return id.type === 'Ed25519' ? formatNodeId(id.publicKey.raw) : undefined
}

/** The node whose peer id ends a multiaddr that another node wrote. Never throws. */
export const nodeIn = (address: string): NodeId | undefined =>
  orElse(() => nodeOf(peerIdFromString(/\/p2p\/([^/]+)$/.exec(address)?.[1] ?? '')), undefined)

export function peerIdOf(node: NodeId): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(keyOf(node)))
}

export function peerRefOf(node: NodeId): PeerRef {
  return { nodeId: node, publicKey: keyOf(node) }
}
