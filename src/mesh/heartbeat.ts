// Notices neighbours that vanished without a word: whoever was silent is asked, and after two missed answers cut off.
import type { Clock } from '../base/clock.ts'
import type { Session } from './session.ts'

export interface Heartbeat {
  start(): void
  stop(): void
}

export interface HeartbeatDeps {
  readonly clock: Clock
  readonly everyMs: number
  readonly neighbours: () => readonly Session[]
  /** The neighbour has been heard since the last round. */
  readonly onAlive: (session: Session) => void
}

export function createHeartbeat({ clock, everyMs, neighbours, onAlive }: HeartbeatDeps): Heartbeat {
  let timer: NodeJS.Timeout | undefined
  /** Rounds in a row in which a session answered nothing. */
  const missed = new WeakMap<Session, number>()

  const round = (): void => {
    for (const session of neighbours()) {
      // Any frame is a sign of life; who talks is not asked. A tenth of slack, because timers are late.
      const silent = clock.monotonic() - session.heardAt() > everyMs * 0.9
      if (!silent) {
        missed.delete(session)
        onAlive(session)
        continue
      }
      const count = missed.get(session) ?? 0
      if (count >= 2) session.abort('silent')
      else {
        missed.set(session, count + 1)
        session.ping()
      }
    }
  }

  return {
    start: () => {
      timer = setInterval(round, everyMs).unref()
    },
    stop: () => clearInterval(timer),
  }
}
