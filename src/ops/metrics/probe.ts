// Tries the database for the watchdog and at each look at the metrics, and counts the outcome.

import { within } from '../../base/async/deadline.ts'
import type { Clock, Timers } from '../../base/clock.ts'

/** A database that takes longer counts as unusable; the probe itself may still end later. */
const PATIENCE_MS = 2_000
/** A look within this time gets the last result, because each try is a write. */
const EVERY_MS = 5_000

export function createProbe({
  probe,
  probed,
  clock,
  timers,
}: {
  readonly probe: () => Promise<void>
  readonly probed: (ok: boolean, elapsed_ms: number) => void
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
}) {
  let triedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  async function tryNow(): Promise<void> {
    const began = clock.monotonic()
    triedAt = began
    try {
      await probe()
      probed(true, clock.monotonic() - began)
    } catch (error) {
      probed(false, clock.monotonic() - began)
      throw error
    }
  }

  /** One try at a time: a database that hangs is not asked again. */
  function now(): Promise<void> {
    running ??= tryNow().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    /** Rejects with what the database said. */
    now,
    /** Resolves when it is known how the database is; at the latest after two seconds. Never rejects. */
    async lately() {
      if (running === undefined && clock.monotonic() - triedAt < EVERY_MS) return
      const inTime = await within(
        now().catch(() => {}),
        PATIENCE_MS,
        timers,
      )
      if (!inTime) probed(false, PATIENCE_MS)
    },
  }
}
