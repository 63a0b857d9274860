// Whether anybody listens at a path of a Unix socket.
import { once } from 'node:events'
import { connect } from 'node:net'

/** Connects, and ends the connection at once. Never rejects. */
export async function listens(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
