// Connections and what their requests were begun on: a connection ends when any of that does not hold any more.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import type { Rights } from '../../trust/access/index.ts'

/** How late a connection ends whose credential has expired, or whose owner may do less now. */
const SWEEP_MS = 10_000

type Check = () => Promise<boolean>

export interface Vouched {
  readonly size: number
  has(socket: Socket): boolean
  /**
   * Whoever asked for `response` may have it while `stillGood` says yes: the connection ends when it says no before the
   * answer is over, streams too. Of what was asked for and answered, only the last counts on.
   */
  vouch(socket: Socket, response: ServerResponse, stillGood: Check): void
  /** Ends every connection on which something does not hold any more; also done every few seconds. */
  sweep(): void
  start(): void
  stop(): void
}

export function createVouched({ timers }: { readonly timers: Timers }): Vouched {
  const connections = new Map<Socket, { readonly open: Set<Check>; last: Check }>()
  let endSweeping = (): void => {}

  function sweep(): void {
    for (const [socket, { open, last }] of connections) {
      const end = (): void => void socket.destroy()
      for (const stillGood of new Set([...open, last])) stillGood().then((good) => good || end(), end)
    }
  }

  function sweepLater(): void {
    endSweeping = timers.after(SWEEP_MS, () => {
      sweep()
      sweepLater()
    })
  }

  return {
    get size() {
      return connections.size
    },
    has: (socket) => connections.has(socket),
    vouch(socket, response, stillGood) {
      // It would never be told of the end.
      if (socket.destroyed) return
      const known = connections.get(socket)
      const connection = known ?? { open: new Set<Check>(), last: stillGood }
      if (known === undefined) {
        connections.set(socket, connection)
        socket.once('close', () => connections.delete(socket))
      }
      connection.last = stillGood
      // Each for itself: requests of one connection may show different things, and one may be long when others are over.
      connection.open.add(stillGood)
      response.once('close', () => connection.open.delete(stillGood))
    },
    sweep,
    start: sweepLater,
    stop: () => endSweeping(),
  }
}

/** True while nobody may do less than `then`: what is under way was begun with that. */
export function keepsRights(then: Rights, now: Rights): boolean {
  return (now.admin || !then.admin) && (now.asks || !then.asks)
}
