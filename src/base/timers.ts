// Timers as values: a state machine requests them by name, and the code at its edge keeps one real timer for each name.
import type { Timers } from './clock.ts'

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
