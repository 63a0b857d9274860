// Trust by subnet: what [trust.domains] gives a node because of the addresses of its live connections, and of nothing else.
import { isDeepStrictEqual } from 'node:util'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import { subnetTest, type TrustDomain } from '../../config/index.ts'

/** What a subnet says of a node that is connected from there now. */
export interface DomainWord {
  readonly subnet: string
  /** The other end of the connection that was judged. */
  readonly ip: string
  readonly level: TrustLevel
  readonly teams: readonly string[]
}

export type Domains = ReturnType<typeof createDomains>

/**
 * A machine can make any number of keys, and a stranger would have to wait in the lobby with each: so many nodes of one
 * address, and of all, get what a subnet gives. The others are strangers until one of these leaves and they come anew.
 */
export const PLACES_OF_ADDRESS = 8
export const PLACES_MAX = 512

interface Test extends TrustDomain {
  readonly subnet: string
  readonly has: (ip: string) => boolean
}

const testsOf = (domains: ReadonlyMap<string, TrustDomain>): readonly Test[] =>
  [...domains].map(([subnet, domain]) => ({ ...domain, subnet, has: subnetTest(subnet) }))

/**
 * `first`: as the configuration has them, the narrowest first. Connections alone are held: an address that a node
 * claims, or had once, counts for nothing, and with its last connection the word is gone.
 */
export function createDomains(first: ReadonlyMap<string, TrustDomain>) {
  let domains = testsOf(first)
  const connected = new Map<NodeId, readonly string[]>()
  /** Nodes with a place, each with the address in the subnet that gives it something. */
  const places = new Map<NodeId, string>()

  /** What its subnet says, whether there is a place or not. */
  function saidOf(node: NodeId): DomainWord | undefined {
    const ips = connected.get(node) ?? []
    for (const { subnet, level, teams, has } of domains) {
      const ip = ips.find(has)
      if (ip !== undefined) return { subnet, ip, level, teams }
    }
    return undefined
  }

  /** Keeps a place for a node while the address it is linked from is in a trusted subnet, and takes it back when it is not. */
  function place(node: NodeId): void {
    const said = saidOf(node)
    const ip = said?.level === 'untrusted' ? undefined : said?.ip
    if (ip && places.get(node) === ip) return
    places.delete(node)
    if (ip === undefined || places.size >= PLACES_MAX) return
    const there = [...places.values()].filter((other) => other === ip).length
    if (there < PLACES_OF_ADDRESS) places.set(node, ip)
  }

  function wordOf(node: NodeId): DomainWord | undefined {
    const said = saidOf(node)
    return said === undefined || said.level === 'untrusted' || places.has(node) ? said : undefined
  }

  return {
    /** The configuration has changed. */
    use(next: ReadonlyMap<string, TrustDomain>) {
      domains = testsOf(next)
      // Those that have a place come first, so that nobody loses one to somebody who waited.
      const placed = new Set(places.keys())
      for (const node of placed) place(node)
      for (const node of connected.keys()) if (!placed.has(node)) place(node)
    },
    /** The IP addresses of all its live connections; none: it is not connected. True: another word holds than before. */
    connected(node: NodeId, ips: readonly string[]) {
      const was = wordOf(node)
      if (ips.length === 0) connected.delete(node)
      else connected.set(node, [...ips])
      place(node)
      return !isDeepStrictEqual(was, wordOf(node))
    },
    word: wordOf,
    /** Everybody who is connected, as far as any subnet is trusted. */
    nodes: () => [...connected.keys()],
  }
}
