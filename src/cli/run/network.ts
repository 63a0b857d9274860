// Where a tool in a jail may connect to: what its person named, else the public internet, and never this machine by another name.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { KaroError } from '../../base/errors.ts'
import { networkPlace } from '../../base/words/network-place.ts'

/** Hosts that a person named, and `all` for the public internet; none: nothing is reached. */
export type Network = readonly string[]

/** Ports of a host that is named without one: of web servers. */
const WEB = [443, 80]

/** This machine itself, its neighbours on one cable (a cloud's keys are at one of these), and what is no address of one machine. */
const OWN = blocks(
  ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  ['::/128', '::1/128', 'fe80::/10', 'ff00::/8'],
)
const PRIVATE = blocks(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', '192.0.0.0/24'],
  // The last ones carry an IPv4 address that is not looked at.
  ['fc00::/7', 'fec0::/10', '64:ff9b::/96', '2002::/16', '2001::/32'],
)

function blocks(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList()
  for (const [nets, family] of [[v4, 'ipv4'] as const, [v6, 'ipv6'] as const])
    for (const net of nets) {
      const [address = '', bits = ''] = net.split('/')
      list.addSubnet(address, Number(bits), family)
    }
  return list
}

/** What `--network` says. Throws KaroError `bad_request`. */
export function readNetwork(words: readonly string[]): Network {
  return words.length === 1 && words[0] === 'none' ? [] : words.map(readHost)
}

export function readHost(word: string): string {
  if (word === 'all') return word
  const name = word.toLowerCase()
  const place = name.replace(/^\*\./, '')
  const isPlace = networkPlace(place) !== undefined || networkPlace(`${place}:443`) !== undefined
  const isWord = name === 'none'
  if (isPlace && !isWord && !(name !== place && isIP(place.replace(/:\d+$/, '')) !== 0)) return name
  throw new KaroError(
    'bad_request',
    isWord ? `'${name}' stands alone` : `'${word.slice(0, 80)}' is no host of the network`,
    {
      where: '--network',
      hint: 'Write all, none, or hosts: --network example.org --network *.example.org --network 10.0.0.5:5432 (without a port: 443 and 80).',
    },
  )
}

/** Why the jail may not connect to this `host:port`; undefined where it may. */
export function refusalOf(asked: string, network: Network): string | undefined {
  const found = networkPlace(asked)
  if (found === undefined) return `'${asked.slice(0, 100)}' is no host and port`
  const parents = found.host.split('.').map((_, i, all) => `*.${all.slice(i + 1).join('.')}`)
  const isNamed = [found.host, ...parents].some(
    (host) =>
      network.includes(`${host}:${found.port}`) || (WEB.includes(found.port) && network.includes(host)),
  )
  return isNamed || network.includes('all')
    ? undefined
    : `this jail may not connect to ${asked.slice(0, 100)}`
}

/** What a program inside takes for its own machine. What a person named is this one: a model that runs here. */
export const ownAddresses = (network: Network): readonly string[] =>
  ['localhost', '127.0.0.1', '[::1]']
    .filter((own) => !hostsOf(network).includes(own))
    .map((own) => own.replace(/[[\]]/g, ''))

/** Without ports. */
const hostsOf = (network: Network): readonly string[] =>
  network.map((rule) => rule.replace(/(?<=[^:]):\d+$/, ''))

type Resolve = (host: string) => Promise<readonly { readonly address: string }[]>

/**
 * The address to connect to. A name is looked up once and what comes is judged, so that no later answer of its server leads
 * elsewhere: to this machine leads only its address, or `localhost`, where a person named just that; to a private network, only
 * what they named whole. Rejects with Error; `cause` is what they could name.
 */
export async function addressFor(
  host: string,
  network: Network,
  resolve: Resolve = (host) => lookup(host, { all: true }),
): Promise<string> {
  const named = hostsOf(network)
  const literal = isIP(host) === 6 ? `[${host}]` : host
  const isNamed = named.includes(literal)
  if (isNamed && host === 'localhost') return '127.0.0.1'
  if (isNamed && isIP(host) !== 0) return host
  const found = await resolve(host).catch(() => [])
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((all) => all?.map((one) => one.address) ?? []),
  )
  const fit = found.find(({ address }) => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    return !OWN.check(address, family) && !own.has(address) && (isNamed || !PRIVATE.check(address, family))
  })
  if (fit !== undefined) return fit.address
  if (found.length === 0) throw new Error(`the name ${host} has no address here`)
  const where = `${host} is at ${found[0]?.address}, which is this machine or a private network`
  throw new Error(`${where}, and nobody named it`, { cause: literal })
}
