// Which of this node's addresses a connection uses: libp2p tells the other end's only.
import type { Connection } from '@libp2p/interface'
import { plainIp } from './endpoint.ts'

/** The member of libp2p's TCP connection that holds the socket; its types declare it private. */
interface Holder {
  readonly maConn?: { readonly socket?: { readonly localAddress?: string } }
}

/** Undefined when the socket is gone, or libp2p's connection no longer has the shape this relies on. */
export function localIpOf(connection: Connection): string | undefined {
  const ip = (connection as unknown as Holder).maConn?.socket?.localAddress
  return ip === undefined ? undefined : plainIp(ip)
}
