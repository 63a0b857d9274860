// Counts the tools that wait for each request, so that a request ends when the last of them is gone, and not before.
import type { Timers } from '../../base/clock.ts'

/** Milliseconds within which a tool asks again about a call of its own; otherwise it is gone. */
const AGAIN_MS = 15_000
/** Tools between two of their questions that are counted for one request; more of them do not keep it longer. */
const AWAY_MAX = 256

export interface Waiters {
  /** A tool that has just been told to ask again is one more waiter, until it asks or its time is over. */
  expect(id: string): void
  /** A tool that was expected asks now. Each call needs one of `leave` later. */
  arrive(id: string): void
  /** The question of a tool is over. `again`: it was told to ask again; otherwise it has its answer, or is gone. */
  leave(id: string, again: boolean): void
  count(id: string): number
}

interface Known {
  /** Questions that wait for an answer. */
  here: number
  /** Ends the time of each tool that is between two questions. */
  readonly away: (() => void)[]
}

/** `abandoned` hears of a request for which nobody waits any more. */
export function createWaiters(timers: Timers, abandoned: (id: string) => void): Waiters {
  const all = new Map<string, Known>()

  function check(id: string, one: Known): void {
    if (one.here > 0 || one.away.length > 0) return
    all.delete(id)
    abandoned(id)
  }
  function known(id: string): Known {
    const one = all.get(id) ?? { here: 0, away: [] }
    all.set(id, one)
    return one
  }
  function expect(id: string): void {
    const one = known(id)
    if (one.away.length >= AWAY_MAX) return
    const stop = timers.after(AGAIN_MS, () => {
      one.away.splice(one.away.indexOf(stop), 1)
      check(id, one)
    })
    one.away.push(stop)
  }

  return {
    expect,
    arrive(id) {
      const one = known(id)
      // Any of the expected tools may be the one that came. The newest expectation ends, because the tool of the oldest may be gone.
      one.away.pop()?.()
      one.here++
    },
    leave(id, again) {
      const one = all.get(id)
      if (one === undefined) return
      one.here--
      if (again) expect(id)
      check(id, one)
    },
    count(id) {
      const { here, away } = all.get(id) ?? { here: 0, away: [] }
      return here + away.length
    },
  }
}
