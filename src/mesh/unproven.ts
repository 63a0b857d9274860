// Bounds an inbound connection until its key is proven: how much it may send, and how much it may make us say.
import type { MultiaddrConnection } from '@libp2p/interface'
import { UNSENT_MAX } from './muxer.ts'

/** The whole handshake is about 600 bytes; the dialer's first frames may follow it closely. */
const HANDSHAKE_BYTES = 8 * 1024
/**
 * Two agreed protocol names and one message of Noise make three. A peer that proposes unknown names is answered each
 * time, and could continue until the time limit of the handshake.
 */
const HANDSHAKE_REPLIES = 8
/** Bytes held between two steps of the handshake, when nothing reads the connection. libp2p would hold 4 MiB. */
const UNREAD_MAX = 256 * 1024

/** Members of libp2p's TCP connection that its interface leaves out. */
interface Raw extends MultiaddrConnection {
  onData?(data: Uint8Array): void
}

/** For connections in both directions. */
export function boundBuffers(connection: MultiaddrConnection): void {
  connection.maxReadBufferLength = UNREAD_MAX
  connection.maxWriteBufferLength = UNSENT_MAX
}

/** To be called before the handshake; the returned function ends it, and with it the bounds. */
export function boundHandshake(connection: Raw): () => void {
  const { onData, send } = connection
  let bytes = HANDSHAKE_BYTES
  let replies = HANDSHAKE_REPLIES
  const unbound = (): void => {
    // Those of the class show again.
    Reflect.deleteProperty(connection, 'onData')
    Reflect.deleteProperty(connection, 'send')
  }
  const refuse = (): void => {
    unbound()
    connection.abort(new Error('too much before the key was proven'))
  }
  if (onData !== undefined) {
    connection.onData = (data) => {
      bytes -= data.byteLength
      if (bytes < 0) refuse()
      else onData.call(connection, data)
    }
  }
  connection.send = (data) => {
    if (--replies >= 0) return send.call(connection, data)
    refuse()
    throw new Error('too many answers before the key was proven')
  }
  return unbound
}
