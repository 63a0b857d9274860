// Which addresses a host name has: by the hosts file, by the configured DNS servers, and by nobody else under `lan_only`.
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isNodeId } from '../../../protocols/node-id.ts'
import { untilAborted } from '../../base/async/deadline.ts'
import { hostsOf } from '../../config/hosts-file.ts'
import type { Config, StaticPeer } from '../../config/index.ts'

const HOSTS_FILE = '/etc/hosts'
/** One server is asked twice at most, so that the next one has its turn within a dial's ten seconds. */
const ONE_TRY_MS = 2_000
const TRIES = 2
/** Instances of one domain that are read, and nodes that are taken from it. */
const SERVICES_MAX = 256
const SERVICE = '_karo._tcp'

export interface Names {
  /** IP addresses of a host; empty when it has none, or nobody may be asked. Rejects when a server fails. */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>
  /** The nodes that a domain lists as `_karo._tcp` (RFC 6763, or plain SRV records, RFC 2782), each with an IP address. */
  services(domain: string, signal: AbortSignal): Promise<readonly StaticPeer[]>
}

export interface NamesDeps {
  readonly config: {
    readonly mesh: Pick<Config['mesh'], 'lan_only'>
    readonly discovery: Pick<Config['discovery'], 'resolvers'>
  }
  /** Called with a host that cannot be looked up, because no server may be asked. */
  readonly onUnasked: (host: string) => void
  /** Other than the machine's own, for tests. */
  readonly hostsFile?: string
}

export function createNames({ config, onUnasked, hostsFile = HOSTS_FILE }: NamesDeps): Names {
  const servers = config.discovery.resolvers
  const mayAskSystem = !config.mesh.lan_only && servers.length === 0

  /** Runs one question; the resolver is given up with the signal, and with it the sockets it has open. */
  const ask = async <T>(signal: AbortSignal, question: (resolver: Resolver) => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    const resolver = new Resolver({ timeout: ONE_TRY_MS, tries: TRIES })
    if (servers.length > 0) resolver.setServers(servers.map((ip) => (isIP(ip) === 6 ? `[${ip}]` : ip)))
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await question(resolver)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  const byServers = async (host: string, signal: AbortSignal): Promise<readonly string[]> => {
    const answers = await ask(signal, (resolver) =>
      Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]),
    )
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const failed = answers.find((answer) => answer.status === 'rejected' && !isNoRecord(answer.reason))
    if (found.length === 0 && failed?.status === 'rejected') throw failed.reason
    return found
  }

  const addresses: Names['addresses'] = async (host, signal) => {
    if (isIP(host) !== 0) return [host]
    const local = hostsOf(await readFile(hostsFile, 'utf8').catch(() => '')).get(host.toLowerCase())
    if (local !== undefined) return local
    if (servers.length > 0) return await byServers(host, signal)
    if (mayAskSystem) {
      // The system's resolver cannot be interrupted; its answer is then ignored.
      const found = await untilAborted(lookup(host, { all: true }), signal)
      return found.map(({ address }) => address)
    }
    onUnasked(host)
    return []
  }

  const nodesOf = async (instance: string, signal: AbortSignal): Promise<readonly StaticPeer[]> => {
    const records = await ask(signal, (resolver) => orNone(resolver.resolveSrv(instance)))
    if (records.length === 0) return []
    const nodeId = pinOf(await ask(signal, (resolver) => orNone(resolver.resolveTxt(instance))))
    const nodes = records.map(async ({ name: host, port }) => {
      const ips = port < 1 ? [] : await addresses(host, signal)
      return ips.map((ip): StaticPeer => ({ host: ip, port, ...(nodeId && { nodeId }) }))
    })
    return (await Promise.all(nodes)).flat()
  }

  return {
    addresses,
    async services(domain, signal) {
      const name = `${SERVICE}.${domain}`
      const instances = await ask(signal, (resolver) => orNone(resolver.resolvePtr(name)))
      const found: StaticPeer[] = []
      let failure: unknown
      for (const instance of [name, ...instances].slice(0, SERVICES_MAX)) {
        try {
          found.push(...(await nodesOf(instance, signal)))
        } catch (error) {
          // The others of the domain are found all the same.
          failure = error
        }
      }
      if (found.length === 0 && failure !== undefined) throw failure
      return found.slice(0, SERVICES_MAX)
    },
  }
}

/** `id=karo:ed25519:…` in the TXT record pins the key: no other may answer there. */
function pinOf(texts: readonly (readonly string[])[]): StaticPeer['nodeId'] {
  const pin = texts
    .flat()
    .find((text) => text.startsWith('id='))
    ?.slice(3)
  return pin !== undefined && isNodeId(pin) ? pin : undefined
}

const isNoRecord = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENODATA' || error.code === 'ENOTFOUND')

async function orNone<T>(records: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await records
  } catch (error) {
    if (isNoRecord(error)) return []
    throw error
  }
}
