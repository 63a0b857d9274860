// Trust by subnet: what [trust.domains] gives a node because of the addresses of its live connections, and of nothing else.
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

export interface Domains {
  /** The configuration has changed. */
  use(domains: ReadonlyMap<string, TrustDomain> | undefined): void
  /** The IP addresses of all its live connections; none: it is not connected. True: they are others than before. */
  connected(node: NodeId, ips: readonly string[]): boolean
  word(node: NodeId): DomainWord | undefined
  /** Everybody who is connected, as far as any subnet is trusted. */
  nodes(): readonly NodeId[]
}

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
export function createDomains(first: ReadonlyMap<string, TrustDomain> = new Map()): Domains {
  let domains = testsOf(first)
  const connected = new Map<NodeId, readonly string[]>()

  return {
    use: (next = new Map()) => void (domains = testsOf(next)),
    connected(node, ips) {
      const before = connected.get(node) ?? []
      if (before.length === ips.length && before.every((ip, index) => ip === ips[index])) return false
      if (ips.length === 0) connected.delete(node)
      else connected.set(node, [...ips])
      return true
    },
    word(node) {
      const ips = connected.get(node)
      if (ips === undefined) return undefined
      for (const { subnet, level, teams, has } of domains) {
        const ip = ips.find(has)
        if (ip !== undefined) return { subnet, ip, level, teams }
      }
      return undefined
    },
    nodes: () => [...connected.keys()],
  }
}
