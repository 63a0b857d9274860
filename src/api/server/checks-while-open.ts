// The times of Node's HTTP servers are checked while somebody is connected, and not each second of a daemon at rest.
import type { Server } from 'node:http'

/** The longest that a timer of Node takes, milliseconds: 24 days. */
const NEVER_MS = 2 ** 31 - 1

/**
 * Without a connection there is nothing to check (`headersTimeout`, `requestTimeout`), but Node sets an interval for it when the
 * server starts to listen, which wakes the process for ever. Here the server starts it with its first connection and ends it
 * with the last one; while connections are open they are checked as often as before. Call it before the server listens. A
 * version of Node without the listener that sets the interval checks always.
 */
export function checkWhileOpen(server: Server): void {
  // Documented as an option of createServer only.
  const checked = server as Server & { connectionsCheckingInterval?: number }
  const everyMs = checked.connectionsCheckingInterval
  const restart = server.listeners('listening').find(({ name }) => name === 'setupConnectionsTracking')
  if (restart === undefined || everyMs === undefined) return
  let open = 0
  const setEvery = (ms: number): void => {
    checked.connectionsCheckingInterval = ms
    if (server.listening) restart.call(server)
  }
  setEvery(NEVER_MS)
  server.on('connection', (socket) => {
    open++
    if (open === 1) setEvery(everyMs)
    socket.once('close', () => {
      open--
      if (open === 0) setEvery(NEVER_MS)
    })
  })
}
