// Multiaddrs that Karo speaks, and no others: an IP address and a TCP port, perhaps with the peer's id.
import { isIP } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createRecent } from '../../base/recent.ts'
import { orElse } from '../../base/run/or-else.ts'

export interface Endpoint {
  /** The IP address without zone, in one spelling; an IPv4-mapped IPv6 address is given as the IPv4 address it reaches. */
  readonly ip: string
  readonly port: number
}

/** An IPv4-mapped address as URL parser and multiaddr spell it, with the IPv4 address in two groups of hex. */
const MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/

/** Undefined for names, zones (`ip6zone`), relays, other transports: whatever is not plainly IP and TCP. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const [host, transport, id, ...rest] = address.getComponents()
  if (host === undefined || transport === undefined || rest.length > 0) return undefined
  if (host.name !== 'ip4' && host.name !== 'ip6') return undefined
  if (transport.name !== 'tcp' || (id !== undefined && id.name !== 'p2p')) return undefined
  const ip = host.value ?? ''
  const port = Number(transport.value)
  if (isIP(ip) === 0 || !Number.isInteger(port)) return undefined
  return { ip: plainIp(ip), port }
}

export const endpointsOf = (addresses: readonly Multiaddr[]): Endpoint[] =>
  addresses.map(endpointOf).filter((endpoint) => endpoint !== undefined)

/** The one spelling of an IP address; one with a zone stays as it is. Two spellings must not be two addresses to a check. */
export function plainIp(ip: string): string {
  if (isIP(ip) !== 6 || ip.includes('%')) return ip
  const short = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [, high, low] = MAPPED.exec(short) ?? []
  if (high === undefined || low === undefined) return short
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return bits.flatMap((group) => [group >> 8, group & 255]).join('.')
}

/**
 * The last parsed endpoints: every presence of every member repeats the same addresses, and parsing one takes ten times
 * as long as all other work on a presence.
 */
const READ_MAX = 4_096
/** A multiaddr of IP and TCP is no longer than this; what is longer is not remembered. */
const READ_LENGTH_MAX = 128
const read = createRecent<string, Endpoint | undefined>(READ_MAX)

/** The endpoint in a multiaddr that another node wrote. Never throws. */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (read.has(text)) return read.peek(text)
  const endpoint = orElse(() => endpointOf(multiaddr(text)), undefined)
  if (text.length <= READ_LENGTH_MAX) read.set(text, endpoint)
  return endpoint
}

/** The endpoints in multiaddrs that another node wrote; what is none is left out. */
export const parseEndpoints = (texts: readonly string[]): Endpoint[] =>
  texts.map(parseEndpoint).filter((endpoint) => endpoint !== undefined)

/** The texts of remembered endpoints: each of thousands of members has one text, and not one for each presence. */
const formatted = new WeakMap<Endpoint, string>()

/** `/ip4/10.0.0.5/tcp/9238`, `/ip6/fd00::5/tcp/9238`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const known = formatted.get(endpoint)
  if (known !== undefined) return known
  const text = `/ip${isIP(endpoint.ip)}/${endpoint.ip}/tcp/${endpoint.port}`
  formatted.set(endpoint, text)
  return text
}

/** An address as people write it: `10.0.0.5:9238`, `[fd00::5]:9238`; any other text unchanged. */
export function readable(address: string): string {
  const endpoint = parseEndpoint(address)
  if (endpoint === undefined) return address
  return isIP(endpoint.ip) === 6 ? `[${endpoint.ip}]:${endpoint.port}` : `${endpoint.ip}:${endpoint.port}`
}

/**
 * An address that leads to the dialing machine itself: loopback, or unspecified, which connect(2) treats as loopback.
 */
export function leadsHere(ip: string): boolean {
  // Without a regular expression: a profile of a thousand simulated machines had two fifths of its time in one here.
  return ip === '::1' || ip === '::' || ip.startsWith('127.') || ip.startsWith('0.')
}

/** Link-local IPv6 needs a zone, which no other machine can know: such addresses are neither listened on nor told. */
export function needsZone(ip: string): boolean {
  return /^fe[89ab]/i.test(ip) && isIP(ip) === 6
}
