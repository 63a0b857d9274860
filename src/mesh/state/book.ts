// Where nodes were last found: addresses by node id, bounded in both, members kept before strangers, proven ones told apart.
import type { NodeId } from '../../../protocols/node-id.ts'
import { parseEndpoint } from '../admission/endpoint.ts'

/** Addresses of one node that it has told itself, newest first. */
export const ADDRESSES_PER_NODE = 8
/** Addresses of one node by the word of others on the LAN, newest first. */
export const HEARSAY_PER_NODE = 4
/** Proven addresses of one node; the newest are kept. */
const PROVEN_PER_NODE = ADDRESSES_PER_NODE
/** Members are at most as many as the owner trusts; strangers on a LAN can be any number of inventions. */
const STRANGERS_MAX = 256

export type Book = ReturnType<typeof createBook>

/** Most of a thousand members share this empty list: nobody on the LAN named them, and this node never dialed them. */
const NONE: readonly string[] = []

interface Entry {
  learned: readonly string[]
  heard: readonly string[]
  /** The newest address is the last. */
  proven: readonly string[]
  heardFirst: boolean
}

export function createBook(isMember: (node: NodeId) => boolean) {
  /** Strangers in order of learning, the newest last. */
  const entries = new Map<NodeId, Entry>()
  /** The nodes that told each IP address; most were told by one. The table spares a search at every connection. */
  const tellers = new Map<string, readonly NodeId[]>()

  const ipsOf = (addresses: readonly string[]): Set<string> =>
    new Set(addresses.flatMap((address) => parseEndpoint(address)?.ip ?? []))

  const setLearned = (node: NodeId, entry: Entry, addresses: readonly string[]): void => {
    for (const ip of ipsOf(entry.learned)) {
      const others = (tellers.get(ip) ?? []).filter((one) => one !== node)
      if (others.length === 0) tellers.delete(ip)
      else tellers.set(ip, others)
    }
    entry.learned = addresses
    for (const ip of ipsOf(addresses)) tellers.set(ip, [...(tellers.get(ip) ?? []), node])
  }

  const makeRoom = (): void => {
    const strangers = [...entries].filter(([node]) => !isMember(node))
    for (const [node, entry] of strangers.slice(0, Math.max(0, strangers.length - STRANGERS_MAX))) {
      setLearned(node, entry, [])
      entries.delete(node)
    }
  }

  /**
   * The node's entry; a stranger's becomes the newest. Members keep their places: the overlay keeps a choice as long as
   * their list is the same, and only a new stranger can be one too many, so a member's word costs no walk over all entries.
   */
  const touch = (node: NodeId): Entry => {
    const known = entries.get(node)
    if (known !== undefined && isMember(node)) return known
    const entry = known ?? { learned: NONE, heard: NONE, proven: NONE, heardFirst: false }
    entries.delete(node)
    entries.set(node, entry)
    if (known === undefined && entries.size > STRANGERS_MAX && !isMember(node)) makeRoom()
    return entry
  }

  return {
    /** Puts `addresses` (multiaddrs without peer id) in front: the node's key was proven when it told them. */
    learn(node: NodeId, addresses: readonly string[]) {
      if (addresses.length === 0) return
      const entry = touch(node)
      entry.heardFirst = false
      // Every presence says the same again, and in a large mesh hundreds come in a minute.
      if (addresses.every((address, at) => entry.learned[at] === address)) return
      const learned = [...new Set([...addresses, ...entry.learned])].slice(0, ADDRESSES_PER_NODE)
      setLearned(node, entry, learned)
      if (entry.heard.length > 0) entry.heard = entry.heard.filter((address) => !learned.includes(address))
    },
    /** Puts addresses in front that anybody may have said; they displace other hearsay only. */
    hear(node: NodeId, addresses: readonly string[]) {
      const fresh = addresses.filter((address) => !entries.get(node)?.learned.includes(address))
      if (fresh.length === 0) return
      const entry = touch(node)
      entry.heard = [...new Set([...fresh, ...entry.heard])].slice(0, HEARSAY_PER_NODE)
    },
    /** The node's key has answered at this address, or it came from there. */
    proved(node: NodeId, address: string) {
      const entry = entries.get(node)
      if (entry === undefined || entry.proven.includes(address)) return
      entry.proven = [...entry.proven, address].slice(-PROVEN_PER_NODE)
    },
    isProven: (node: NodeId, address: string) => entries.get(node)?.proven.includes(address) === true,
    /**
     * In the order to try them: learned ones, then heard ones. After a dial that failed the other way round, since the
     * time of one dial may not suffice for all of them.
     */
    addresses(node: NodeId) {
      const { learned = [], heard = [], heardFirst = false } = entries.get(node) ?? {}
      return heardFirst ? [...heard, ...learned] : [...learned, ...heard]
    },
    /** A dial to it came to nothing. */
    failed(node: NodeId) {
      const entry = entries.get(node)
      if (entry !== undefined) entry.heardFirst = !entry.heardFirst
    },
    nodes: () => entries.keys(),
    has: (node: NodeId) => entries.has(node),
    size: () => entries.size,
    /** Whether a member has told that it is at this IP address. */
    membersAt: (ip: string) => tellers.get(ip)?.some(isMember) === true,
  }
}
