// Node ids: how a key is written down, `karo:ed25519:<unpadded base64url of the 32-byte public key>`.

declare const nodeId: unique symbol

/** A canonical node id; two ids are the same key exactly when the strings are equal. */
export type NodeId = string & { readonly [nodeId]: true }

const PREFIX = 'karo:ed25519:'
/** Ed25519 public keys (RFC 8032). */
export const PUBLIC_KEY_BYTES = 32

export function formatNodeId(publicKey: Uint8Array): NodeId {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes')
  return (PREFIX + Buffer.from(publicKey).toString('base64url')) as NodeId
}

/** The public key of a node id, or undefined when the text is not a canonical one. */
export function parseNodeId(text: string): Uint8Array | undefined {
  if (!text.startsWith(PREFIX) || text.length > 80) return undefined
  const key = Buffer.from(text.slice(PREFIX.length), 'base64url')
  if (key.length !== PUBLIC_KEY_BYTES || formatNodeId(key) !== text) return undefined
  return new Uint8Array(key)
}

/** The public key of a node id. RangeError for one that is none, whatever the type checker was told. */
export function keyOf(node: NodeId): Uint8Array {
  const key = parseNodeId(node)
  if (key === undefined) throw new RangeError('not a canonical node id')
  return key
}

/** True when `text` is a canonical node id. */
export function isNodeId(text: string): text is NodeId {
  return parseNodeId(text) !== undefined
}
