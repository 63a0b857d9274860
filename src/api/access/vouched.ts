// Connections with valid credentials: a connection ends when a credential that one of its requests used becomes invalid.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import type { Rights } from '../../trust/access/index.ts'

/** How often connections are checked, so how late one ends after its credential expired or its owner lost a right. */
const SWEEP_MS = 10_000

type Check = () => Promise<boolean>

export function createVouched({ timers }: { readonly timers: Timers }) {
  const connections = new Map<Socket, { readonly open: Set<Check>; last: Check }>()
  /** Ends the sweep that comes next; undefined without connections. */
  let endSweeping: (() => void) | undefined

  function sweep(): void {
    for (const [socket, { open, last }] of connections) {
      const end = (): void => void socket.destroy()
      for (const stillGood of new Set([...open, last])) stillGood().then((good) => good || end(), end)
    }
  }

  function sweepLater(): void {
    endSweeping = timers.after(SWEEP_MS, () => {
      sweep()
      endSweeping = undefined
      if (connections.size > 0) sweepLater()
    })
  }

  return {
    get size(): number {
      return connections.size
    },
    has: (socket: Socket): boolean => connections.has(socket),
    /**
     * Ends the connection when `stillGood` returns false: for as long as `response` is being sent, and after that for as
     * long as this was the last request of the connection.
     */
    vouch(socket: Socket, response: ServerResponse, stillGood: Check): void {
      // A destroyed socket fires no `close`, so its entry would stay for ever.
      if (socket.destroyed) return
      const known = connections.get(socket)
      const connection = known ?? { open: new Set<Check>(), last: stillGood }
      if (!known) {
        if (!endSweeping) sweepLater()
        connections.set(socket, connection)
        socket.once('close', () => connections.delete(socket))
      }
      connection.last = stillGood
      // Requests of one connection may have different credentials, and one answer may last longer than others.
      connection.open.add(stillGood)
      response.once('close', () => connection.open.delete(stillGood))
    },
    /** Ends every connection with a check that fails; runs every `SWEEP_MS` too. */
    sweep,
    stop() {
      endSweeping?.()
      endSweeping = undefined
    },
  }
}

/** True while the person has at least the rights `then`, with which the request was begun. */
export function keepsRights(then: Rights, now: Rights): boolean {
  return (now.admin || !then.admin) && (now.asks || !then.asks)
}
