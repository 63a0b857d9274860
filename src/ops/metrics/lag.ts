// Measures how late the event loop is: everything the daemon does waits behind what makes it late.
import type { Clock, Timers } from '../../base/clock.ts'
import { inStep } from '../../base/timers.ts'

const BUSY_MS = 1_000
/** A loop that was idle is hardly late, and to wake it each second would be a good part of what it costs. */
const REST_MS = 15_000
/** The loop worked for more than this part of the time since the last look. */
const BUSY_SHARE = 0.05

interface LagDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** The part of the time since the last call in which the loop worked, 0 to 1. */
  readonly utilization: () => number
  /** Told how much too late a timer ran, ms. */
  readonly lagged: (late_ms: number) => void
}

/** Tells `lagged` every second while the loop is busy, and every 15 s while it is not, until the function it returns is called. */
export function watchLag({ clock, timers, utilization, lagged }: LagDeps): () => void {
  let cancel = (): void => {}
  const look = (everyMs: number): void => {
    const due = clock.monotonic() + inStep(everyMs, clock.monotonic())
    cancel = timers.after(due - clock.monotonic(), () => {
      lagged(clock.monotonic() - due)
      look(utilization() > BUSY_SHARE ? BUSY_MS : REST_MS)
    })
  }
  look(BUSY_MS)
  return () => cancel()
}

/** Of this process's event loop. */
export function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
