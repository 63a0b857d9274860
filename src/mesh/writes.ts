// Writes everything that is sent on one connection in one turn of the loop to its socket at once.
import type { Socket } from 'node:net'
import type { MultiaddrConnection } from '@libp2p/interface'

/** Members of libp2p's TCP connection that its interface leaves out. */
interface Raw extends MultiaddrConnection {
  readonly socket?: Socket
  sendData?(data: unknown): unknown
  sendReset?(error: Error): void
}

/**
 * A frame is several pieces (its length, header, bytes and tag), each of which libp2p writes by itself: a call of the kernel and
 * a packet here, and a wake of the other side, for each of them. A connection without a socket of its own stays as it is.
 */
export function writeAtOnce(connection: Raw): void {
  const { socket, sendData, sendReset } = connection
  if (socket === undefined || sendData === undefined || sendReset === undefined) return
  let corked = false
  const write = (): void => {
    if (!corked) return
    corked = false
    socket.uncork()
  }
  connection.sendData = (data) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(write)
    }
    return sendData.call(connection, data)
  }
  // Data sent just before, such as the reason, goes out first; an orderly end writes everything by itself.
  connection.sendReset = (error) => {
    write()
    sendReset.call(connection, error)
  }
}
