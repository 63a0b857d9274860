// The nodes that a domain lists, and the addresses of hosts, asked of nobody but whom the configuration allows.
import { isNodeId } from '../../../protocols/node-id.ts'
import { addressesOf, askServers, isNoRecord, type NameSources, type StaticPeer } from '../../config/index.ts'

/** Instances of one domain that are read, hosts of theirs that are looked up, and nodes that are taken from it. */
const SERVICES_MAX = 256
const SERVICE = '_karo._tcp'

export type Names = ReturnType<typeof createNames>

export interface NamesDeps {
  readonly config: NameSources
  /** Called with a host that cannot be looked up, because no server may be asked. */
  readonly onUnasked: (host: string) => void
  /** Other than the machine's own, for tests. */
  readonly hostsFile?: string
}

export function createNames({ config, onUnasked, hostsFile }: NamesDeps) {
  const addresses = async (host: string, signal: AbortSignal): Promise<readonly string[]> => {
    const found = await addressesOf(host, config, signal, hostsFile)
    if (found === undefined) onUnasked(host)
    return found ?? []
  }

  return {
    /** IP addresses of a host; empty when it has none, or nobody may be asked. Rejects when a server fails. */
    addresses,
    /**
     * The nodes that a domain lists as `_karo._tcp` (RFC 6763, or plain SRV records, RFC 2782), each with an IP address. `failure`: why it is not all of
     * them. A TXT record that is refused may name a key, so its node is left out. One resolver has all questions: it asks a server that was silent last.
     */
    services: (domain: string, signal: AbortSignal) =>
      askServers(config.discovery.resolvers, signal, async (resolver) => {
        const name = `${SERVICE}.${domain}`
        const peers: StaticPeer[] = []
        let failure: unknown
        let hosts = 0
        /** What can be had; a part that the server refuses must not keep the others away. */
        const orRefused = async <T>(part: Promise<readonly T[]>): Promise<readonly T[]> => {
          try {
            return await part
          } catch (error) {
            failure = error
            return []
          }
        }
        const instances = await orRefused(orNone(resolver.resolvePtr(name)))
        const nodesOf = async (instance: string) => {
          signal.throwIfAborted()
          const all = await orNone(resolver.resolveSrv(instance))
          const records = all.slice(0, SERVICES_MAX - hosts)
          hosts += records.length
          const pin = pinOf(await orNone(resolver.resolveTxt(instance)))
          const nodes = records.map(async ({ name: host, port }) => {
            const ips = port < 1 ? [] : await addresses(host, signal)
            return ips.map((ip): StaticPeer => ({ host: ip, port, ...pin }))
          })
          return (await Promise.all(nodes)).flat()
        }
        for (const instance of [name, ...instances].slice(0, SERVICES_MAX))
          peers.push(...(await orRefused(nodesOf(instance))))
        return { peers: peers.slice(0, SERVICES_MAX), failure }
      }),
  }
}

/** `id=karo:ed25519:…` in the TXT record pins the key: no other may answer there. */
function pinOf(texts: readonly (readonly string[])[]): Pick<StaticPeer, 'nodeId'> {
  const pin = texts
    .flat()
    .find((text) => text.startsWith('id='))
    ?.slice(3)
  return pin !== undefined && isNodeId(pin) ? { nodeId: pin } : {}
}

async function orNone<T>(records: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await records
  } catch (error) {
    if (isNoRecord(error)) return []
    throw error
  }
}
