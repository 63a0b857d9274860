// Static peers of the configuration: which addresses are dialed for one at this moment.
import type { StaticPeer } from '../../config/index.ts'
import { formatEndpoint, parseEndpoint } from '../admission/endpoint.ts'
import type { Names } from './names.ts'

/**
 * Multiaddrs of a static peer at this moment; what is not private is left to the gater. Empty on failure. An address
 * that cannot be dialed, such as a link-local one with a zone, is left out: it must not end the dial of the others.
 */
export async function resolveStatic(
  peer: StaticPeer,
  names: Pick<Names, 'addresses'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ips = await names.addresses(peer.host, signal).catch(() => [])
  return ips
    .map((ip) => formatEndpoint({ ip, port: peer.port }))
    .filter((text) => parseEndpoint(text) !== undefined)
}
