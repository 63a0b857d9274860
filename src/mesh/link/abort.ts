// Ends a libp2p connection at once, whatever state it is in.
import type { Connection } from '@libp2p/interface'

/**
 * libp2p's abort throws, with the socket still open, when the encrypted stream below the muxer has closed: the
 * muxer's goodbye cannot be written. The muxer is closed by then, so a second call goes on to the socket.
 */
export function abortConnection(connection: Connection, reason: string): void {
  const error = new Error(reason)
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      connection.abort(error)
      return
    } catch {}
  }
}
