// Notices neighbours that vanished without a word: whoever was silent is asked, and after two missed answers cut off.
import type { Clock } from '../../base/clock.ts'
import type { Session } from './session.ts'

export interface Heartbeat {
  start(): void
  stop(): void
  /** When the last round was, monotonic ms; undefined while it is stopped. */
  lastRound(): number | undefined
}

export interface HeartbeatDeps {
  readonly clock: Clock
  readonly everyMs: number
  readonly neighbours: () => readonly Session[]
  /** The neighbour has been heard since the last round. */
  readonly onAlive: (session: Session) => void
  /** After each round. */
  readonly onRound: () => void
}

export function createHeartbeat({ clock, everyMs, neighbours, onAlive, onRound }: HeartbeatDeps): Heartbeat {
  let timer: NodeJS.Timeout | undefined
  /** Pings in a row without a sign of life, and when the last one before them was. */
  const asked = new WeakMap<Session, { times: number; heardAt: number }>()

  let lastRound: number | undefined

  const round = (): void => {
    for (const session of neighbours()) {
      // Any frame is a sign of life, and who talks anyhow is not asked.
      const heardAt = session.heardAt()
      const last = asked.get(session)
      const missed = last !== undefined && last.heardAt === heardAt ? last.times : 0
      if (missed === 0) onAlive(session)
      if (missed >= 2) session.abort('silent')
      else if (missed > 0 || clock.monotonic() - heardAt > everyMs / 2) {
        asked.set(session, { times: missed + 1, heardAt })
        session.ping()
      }
    }
    onRound()
    // Last, so that a round that fails is none.
    lastRound = clock.monotonic()
  }

  return {
    start: () => {
      timer = setInterval(round, everyMs).unref()
      lastRound = clock.monotonic()
    },
    stop: () => {
      clearInterval(timer)
      lastRound = undefined
    },
    lastRound: () => lastRound,
  }
}
