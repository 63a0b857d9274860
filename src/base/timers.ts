// Timers as values: a state machine names what it waits for, and its edge keeps one real timer for each name.
import type { Timers } from './clock.ts'

/** What a state machine asks of its edge: ring `timer` once after `ms` milliseconds, in place of when it was to ring before. */
export interface TimerRequest<Name extends string = string> {
  readonly timer: Name
  /** `undefined`: it is not to ring any more. */
  readonly ms: number | undefined
}

export interface Alarms<Name extends string = string> {
  set(request: TimerRequest<Name>): void
  /** Nothing rings until something is set again. */
  stop(): void
}

/** The edge's part. At most one timer per name is under way, so a machine that asks again and again costs no memory. */
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
