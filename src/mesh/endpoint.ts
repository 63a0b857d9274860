// Multiaddrs that Karo speaks, and no others: an IP address and a TCP port, perhaps with the peer's id.
import { isIP } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

export interface Endpoint {
  /** Without zone; an IPv4-mapped IPv6 address is given as the IPv4 address it reaches. */
  readonly ip: string
  readonly port: number
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Undefined for names, zones (`fe80::1%eth0`), relays, other transports: whatever is not plainly IP and TCP. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const [host, transport, id, ...rest] = address.getComponents()
  if (host === undefined || transport === undefined || rest.length > 0) return undefined
  if (host.name !== 'ip4' && host.name !== 'ip6') return undefined
  if (transport.name !== 'tcp' || (id !== undefined && id.name !== 'p2p')) return undefined
  const ip = host.value ?? ''
  const port = Number(transport.value)
  if (isIP(ip) === 0 || !Number.isInteger(port)) return undefined
  return { ip: MAPPED.exec(ip)?.[1] ?? ip, port }
}

/** The same, from text that somebody else wrote. Never throws. */
export function parseEndpoint(text: string): Endpoint | undefined {
  try {
    return endpointOf(multiaddr(text))
  } catch {
    return undefined
  }
}

/** `/ip4/10.0.0.5/tcp/9238`, `/ip6/fd00::5/tcp/9238`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `/ip${isIP(endpoint.ip)}/${endpoint.ip}/tcp/${endpoint.port}`
}

export function isLoopback(ip: string): boolean {
  return ip === '::1' || /^127\./.test(ip)
}

/** Link-local IPv6 needs a zone, which no other machine can know: such addresses are neither listened on nor told. */
export function needsZone(ip: string): boolean {
  return /^fe[89ab]/i.test(ip) && isIP(ip) === 6
}
