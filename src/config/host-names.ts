// Which addresses a host name has: by the hosts file, by the configured DNS servers, and by nobody else under `lan_only`.
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { untilAborted } from '../base/async/deadline.ts'
import type { Config } from './table.ts'

const HOSTS_FILE = '/etc/hosts'
/** One server is asked twice at most, so that the next server is asked within the ten seconds of a dial. */
const ONE_TRY_MS = 2_000
const TRIES = 2

export interface NameSources {
  readonly mesh: Pick<Config['mesh'], 'lan_only'>
  readonly discovery: Pick<Config['discovery'], 'resolvers'>
}

/** Runs one question; the resolver is given up with the signal, and with it the sockets it has open. */
export async function askServers<T>(
  servers: readonly string[],
  signal: AbortSignal,
  question: (resolver: Resolver) => Promise<T>,
): Promise<T> {
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

/**
 * IP addresses of a host; empty if it has none, undefined if no server may be asked. Rejects when a server fails.
 * `hostsFile`: another file than the machine's own, for tests.
 */
export async function addressesOf(
  host: string,
  { mesh, discovery }: NameSources,
  signal: AbortSignal,
  hostsFile = HOSTS_FILE,
): Promise<readonly string[] | undefined> {
  if (isIP(host) !== 0) return [host]
  const local = hostsOf(await readFile(hostsFile, 'utf8').catch(() => '')).get(host.toLowerCase())
  if (local !== undefined) return local
  const servers = discovery.resolvers
  if (servers.length > 0) return byServers(host, servers, signal)
  if (mesh.lan_only) return undefined
  // The system's resolver cannot be interrupted; its answer is then ignored.
  const found = await untilAborted(lookup(host, { all: true }), signal)
  return found.map(({ address }) => address)
}

async function byServers(
  host: string,
  servers: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await askServers(servers, signal, (resolver) =>
    Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]),
  )
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const failed = answers.find((answer) => answer.status === 'rejected' && !isNoRecord(answer.reason))
  if (found.length === 0 && failed?.status === 'rejected') throw failed.reason
  return found
}

/** True for the error of a name that has no such record. */
export const isNoRecord = (error: unknown): boolean =>
  ['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Every name of a hosts file (hosts(5)) in lower case, with its addresses. */
export function hostsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, readonly string[]>()
  for (const line of text.split('\n')) {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(ip) === 0) continue
    for (const name of names.map((one) => one.toLowerCase()))
      hosts.set(name, [...(hosts.get(name) ?? []), ip])
  }
  return hosts
}
