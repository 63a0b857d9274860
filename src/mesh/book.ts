// Where nodes were last found: addresses by node id, bounded in both, members kept before strangers.
import type { NodeId } from '../../protocols/node-id.ts'

/** Addresses of one node, newest first. */
export const ADDRESSES_PER_NODE = 8
/** Members are at most as many as the owner trusts; strangers on a LAN can be any number of inventions. */
const STRANGERS_MAX = 256

export interface Book {
  /** Puts `addresses` (multiaddrs without peer id) in front. */
  learn(node: NodeId, addresses: readonly string[]): void
  addresses(node: NodeId): readonly string[]
  nodes(): readonly NodeId[]
  forget(node: NodeId): void
}

export function createBook(isMember: (node: NodeId) => boolean): Book {
  /** In order of learning, the newest last. */
  const entries = new Map<NodeId, readonly string[]>()

  const makeRoom = (): void => {
    const strangers = [...entries.keys()].filter((node) => !isMember(node))
    for (const node of strangers.slice(0, Math.max(0, strangers.length - STRANGERS_MAX))) entries.delete(node)
  }

  return {
    learn(node, addresses) {
      if (addresses.length === 0) return
      const known = entries.get(node) ?? []
      entries.delete(node)
      entries.set(node, [...new Set([...addresses, ...known])].slice(0, ADDRESSES_PER_NODE))
      if (entries.size > STRANGERS_MAX) makeRoom()
    },
    addresses: (node) => entries.get(node) ?? [],
    nodes: () => [...entries.keys()],
    forget: (node) => void entries.delete(node),
  }
}
