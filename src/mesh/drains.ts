// Lets senders on a connection continue when its socket has taken everything that was sent before.
import type { MultiaddrConnection } from '@libp2p/interface'

/** Members of libp2p's TCP connection that its interface leaves out. */
interface Raw {
  readonly writeBuffer?: { readonly byteLength: number }
  writableNeedsDrain: boolean
  processSendQueue?(): boolean
  safeDispatchEvent?(type: string, detail?: unknown): boolean
}

/**
 * libp2p lets the streams continue each time the socket has taken something, even while more data waits in the
 * connection itself. Each stream then sends as much as its window allows. If a peer reads slowly and gives large
 * windows, more data waits each time, until the limit of unsent bytes ends the connection (`UNSENT_MAX`). Here the
 * connection first sends the waiting data.
 */
export function drainInOrder(connection: MultiaddrConnection): void {
  const raw = connection as unknown as Raw
  const { safeDispatchEvent: dispatch } = raw
  if (dispatch === undefined || raw.processSendQueue === undefined) return
  raw.safeDispatchEvent = (type, detail) => {
    if (type === 'drain' && raw.writableNeedsDrain && (raw.writeBuffer?.byteLength ?? 0) > 0) {
      raw.writableNeedsDrain = false
      try {
        raw.processSendQueue?.()
      } catch {
        // libp2p has ended the connection.
        return false
      }
      // The socket is full again, and tells when it is not.
      if (raw.writableNeedsDrain) return false
    }
    return dispatch.call(raw, type, detail)
  }
}
