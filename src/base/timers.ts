// Timers as values: a state machine requests them by name, and the code at its edge keeps one real timer for each name.
import type { Clock, Timers } from './clock.ts'

/**
 * A state machine's request to ring `timer` once after `ms` milliseconds; it replaces an earlier request for that
 * timer.
 */
export interface TimerRequest<Name extends string = string> {
  readonly timer: Name
  /** `undefined` cancels the timer. */
  readonly ms: number | undefined
}

export interface Alarms<Name extends string = string> {
  set(request: TimerRequest<Name>): void
  /** Cancels all timers; `set` may start new ones afterwards. */
  stop(): void
}

/**
 * Milliseconds from `now` (monotonic) to the next multiple of `everyMs`, at least a quarter of it: work that is done every
 * `everyMs`, or every multiple of that, so happens at the same moments in all rooms, and one wake of the process serves all of it.
 */
export function inStep(everyMs: number, now: number): number {
  const left = everyMs - (now % everyMs)
  return left < everyMs / 4 ? left + everyMs : left
}

/**
 * Calls `act` once in each step of `everyMs()` milliseconds (see `inStep`) until the returned function is called.
 * `everyMs` is called again for each step.
 */
export function inSteps(
  { clock, timers }: { readonly clock: Pick<Clock, 'monotonic'>; readonly timers: Timers },
  everyMs: () => number,
  act: () => void,
): () => void {
  let ended = false
  let cancel = (): void => {}
  const next = (): void => {
    cancel = timers.after(inStep(everyMs(), clock.monotonic()), () => {
      act()
      if (!ended) next()
    })
  }
  next()
  return () => {
    ended = true
    cancel()
  }
}

/** The timers at the edge of a state machine. At most one per name runs, so that repeated requests cost no memory. */
export function createAlarms<Name extends string>(timers: Timers, ring: (name: Name) => void): Alarms<Name> {
  const running = new Map<Name, () => void>()
  return {
    set({ timer, ms }) {
      running.get(timer)?.()
      running.delete(timer)
      if (ms === undefined) return
      const cancel = timers.after(ms, () => {
        running.delete(timer)
        ring(timer)
      })
      running.set(timer, cancel)
    },
    stop() {
      for (const cancel of running.values()) cancel()
      running.clear()
    },
  }
}
