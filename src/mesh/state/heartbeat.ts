// Notices neighbours that fell silent without a word: one that was silent for long, or since something was written to it, or is
// doubted, is asked, and cut off after two missed answers. The kernel (host.ts) notices a vanished machine by itself if nothing was
// on its way to it. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { Connections } from './connections.ts'
import type { Conn, ConnId, Emit } from './types.ts'

/**
 * A link that carried nothing for so many rounds is asked. Any frame counts, the question of the other side too, so that one
 * side of each link asks: a ping and its answer on a link that rests, and not one in each round.
 */
const QUIET_ROUNDS = 4
/** An answer is missed after so long, or after a round where that is less. A machine that starts many programs takes seconds. */
const ANSWER_MS = 4_000
/** A neighbour that was heard so short a time ago is not doubted, and what is written to it so soon after is an answer. */
const JUST_MS = 1_000

export interface HeartbeatDeps {
  readonly clock: Clock
  readonly everyMs: number
  /** When something was written to this neighbour last, monotonic ms. */
  readonly spokeAt: (node: NodeId) => number
  readonly connections: Pick<Connections, 'get' | 'neighbour' | 'neighbours' | 'broken'>
  readonly emit: Emit
}

export function createHeartbeat({ clock, everyMs, spokeAt, connections, emit }: HeartbeatDeps) {
  const answerMs = Math.min(everyMs, ANSWER_MS)
  /** Pings in a row without a sign of life, and when the last one before them was. */
  const asked = new WeakMap<Conn, { readonly times: number; readonly heardAt: number }>()
  let lastRound: number | undefined
  let pings = 0

  const next = (): void => emit({ do: 'timer', timer: 'heartbeat', ms: everyMs })
  const quietMs = ({ heardAt }: Conn): number => clock.monotonic() - heardAt

  const ask = (conn: Conn, times: number): void => {
    asked.set(conn, { times, heardAt: conn.heardAt })
    emit({ do: 'say', id: conn.id, say: { ping: ++pings } })
    emit({ do: 'timer', timer: `answer ${conn.id}`, ms: answerMs })
  }
  /** Asks a neighbour that was silent for longer than `ms`, unless that is under way. */
  const askQuiet = (conn: Conn, ms: number): void => {
    if (lastRound !== undefined && !asked.has(conn) && quietMs(conn) > ms) ask(conn, 1)
  }

  /**
   * A neighbour was lost without a word, and others may have gone with it: those that were silent too are asked now. A missed answer
   * does the same.
   */
  const doubtQuiet = (): void => {
    for (const conn of connections.neighbours()) askQuiet(conn, answerMs)
  }

  return {
    start(): void {
      lastRound = clock.monotonic()
      next()
    },
    /** The timer has rung. */
    round(): void {
      if (lastRound === undefined) return
      next()
      for (const conn of connections.neighbours()) {
        // The answer to a question of the last round came right after it, and this round may be late.
        if (quietMs(conn) <= 1.5 * everyMs) emit({ did: 'live', conn })
        const spoke = spokeAt(conn.node)
        const isUnanswered = spoke - conn.heardAt > JUST_MS && clock.monotonic() - spoke > JUST_MS
        askQuiet(conn, isUnanswered ? JUST_MS : (QUIET_ROUNDS - 1 / 2) * everyMs)
      }
      emit({ did: 'round' })
    },
    /** Time for an answer on this connection is over. */
    answerIsDue(id: ConnId): void {
      const conn = connections.get(id)
      const last = conn && asked.get(conn)
      if (conn === undefined || last === undefined) return
      asked.delete(conn)
      // Any frame is a sign of life.
      if (conn.heardAt !== last.heardAt) return
      // The second question is asked after all that had come by the first deadline was read, should this node have been the late one.
      if (last.times >= 2) connections.broken(id, 'silent')
      else {
        ask(conn, last.times + 1)
        doubtQuiet()
      }
    },
    /** Something speaks against this neighbour: an answer that it owes, or the word of others. It is asked now. */
    doubt(node: NodeId): void {
      const conn = connections.neighbour(node)
      if (conn !== undefined) askQuiet(conn, JUST_MS)
    },
    doubtQuiet,
    /** It was asked, and has missed one answer. */
    isSilent(node: NodeId): boolean {
      const conn = connections.neighbour(node)
      const last = conn && asked.get(conn)
      return last !== undefined && last.times > 1 && last.heardAt === conn?.heardAt
    },
    /** The round is through, and everything that follows from it was done. */
    counted(): void {
      if (lastRound !== undefined) lastRound = clock.monotonic()
    },
    stop(): void {
      lastRound = undefined
      emit({ do: 'timer', timer: 'heartbeat', ms: undefined })
    },
    /** When the last round was through, monotonic ms; undefined while it is stopped. */
    lastRound: () => lastRound,
  }
}
