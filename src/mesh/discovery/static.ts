// Static peers of the configuration: names to private addresses, and which key was found behind them.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { NodeId } from '../../../protocols/node-id.ts'
import { untilAborted } from '../../base/async/deadline.ts'
import type { StaticPeer } from '../../config/index.ts'
import { formatEndpoint, parseEndpoint } from '../admission/endpoint.ts'

export interface StaticTarget {
  /** `host:port`. */
  readonly key: string
  readonly peer: StaticPeer
  /** The pinned key, or the one last met there; undefined before that, or when it was not there any more. */
  node: NodeId | undefined
}

export function staticTargets(peers: readonly StaticPeer[]): readonly StaticTarget[] {
  return peers.map((peer) => ({ key: `${peer.host}:${peer.port}`, peer, node: peer.nodeId }))
}

/**
 * Multiaddrs of a static peer at this moment; what is not private is left to the gater. Empty on failure. An address
 * that cannot be dialed, such as a link-local one with a zone, is left out: it must not end the dial of the others.
 */
export async function resolveStatic(
  peer: StaticPeer,
  signal: AbortSignal,
  resolve: (host: string) => Promise<readonly { readonly address: string }[]> = (host) =>
    lookup(host, { all: true }),
): Promise<readonly string[]> {
  const dialable = (ips: readonly string[]): readonly string[] =>
    ips
      .map((ip) => formatEndpoint({ ip, port: peer.port }))
      .filter((text) => parseEndpoint(text) !== undefined)
  if (isIP(peer.host) !== 0) return dialable([peer.host])
  if (signal.aborted) return []
  try {
    // The resolver itself cannot be interrupted; its answer is then ignored.
    const found = await untilAborted(resolve(peer.host), signal)
    return dialable(found.map(({ address }) => address))
  } catch {
    return []
  }
}
