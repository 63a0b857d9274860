// Notices neighbours that fell silent without a word: one that was silent for long is asked, and cut off after two missed
// answers. The kernel (host.ts) notices a vanished machine sooner if nothing was on its way to it, and wakes no process. Pure.
import type { Clock } from '../../base/clock.ts'
import type { Connections } from './connections.ts'
import type { Conn, Emit } from './types.ts'

/**
 * A link that carried nothing for so many rounds is asked. Any frame counts, the question of the other side too, so that one
 * side of each link asks: a ping and its answer on a link that rests, and not one in each round.
 */
const QUIET_ROUNDS = 4

export interface Heartbeat {
  start(): void
  /** The timer has rung. */
  round(): void
  /** The round is through, and everything that follows from it was done. */
  counted(): void
  stop(): void
  /** When the last round was through, monotonic ms; undefined while it is stopped. */
  lastRound(): number | undefined
}

export interface HeartbeatDeps {
  readonly clock: Clock
  readonly everyMs: number
  readonly connections: Pick<Connections, 'neighbours' | 'broken'>
  readonly emit: Emit
}

export function createHeartbeat({ clock, everyMs, connections, emit }: HeartbeatDeps): Heartbeat {
  /** Pings in a row without a sign of life, and when the last one before them was. */
  const asked = new WeakMap<Conn, { times: number; heardAt: number }>()
  let lastRound: number | undefined
  let pings = 0

  const next = (): void => emit({ do: 'timer', timer: 'heartbeat', ms: everyMs })

  return {
    start() {
      lastRound = clock.monotonic()
      next()
    },
    round() {
      if (lastRound === undefined) return
      next()
      for (const conn of connections.neighbours()) {
        // Any frame is a sign of life, and a neighbour that talks anyhow is not asked.
        const { heardAt } = conn
        const last = asked.get(conn)
        const missed = last !== undefined && last.heardAt === heardAt ? last.times : 0
        const quietMs = clock.monotonic() - heardAt
        // The answer to a question of the last round came right after it, and this round may be late.
        if (quietMs <= 1.5 * everyMs) emit({ did: 'live', conn })
        if (missed >= 2) connections.broken(conn.id, 'silent')
        else if (missed > 0 || quietMs > (QUIET_ROUNDS - 1 / 2) * everyMs) {
          asked.set(conn, { times: missed + 1, heardAt })
          emit({ do: 'say', id: conn.id, say: { ping: ++pings } })
        }
      }
      emit({ did: 'round' })
    },
    counted() {
      if (lastRound !== undefined) lastRound = clock.monotonic()
    },
    stop() {
      lastRound = undefined
      emit({ do: 'timer', timer: 'heartbeat', ms: undefined })
    },
    lastRound: () => lastRound,
  }
}
