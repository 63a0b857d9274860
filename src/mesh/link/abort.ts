// Ends a libp2p connection at once, whatever state it is in.
import type { Connection } from '@libp2p/interface'

/**
 * libp2p's abort throws and leaves the socket open if the encrypted stream below the muxer has closed, because the
 * muxer's goodbye cannot be written. The muxer is closed by then, so a second call reaches the socket.
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
