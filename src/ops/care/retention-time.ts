// The time by which data is removed for good: it follows the clock, but slowly enough that a clock that leapt does no harm.
import { statSync } from 'node:fs'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { Store } from '../../store/index.ts'

/** An hour of running makes up for a day: what was off for a month is there after 30 hours, what a clock a century ahead would
 * remove after years. */
const CATCH_UP = 24
/** Two months in an hour. Time servers are not believed at once either, because their answers bear no proof. */
const CATCH_UP_CONFIRMED = 60 * CATCH_UP
/** A lag beyond this is worth a warning; a lag of a weekend is not. */
const TOLD_MS = 7 * DAY_MS
/** systemd-timesyncd asks its server at least every 34 minutes (PollIntervalMaxSec=). */
const CONFIRMED_MS = HOUR_MS

export interface RetentionTimeDeps {
  readonly repository: Store['retentionTime']
  /** Ledger entries tell how late it was when the node ran before this was kept. */
  readonly ledger: Pick<Store['audit'], 'backwards'>
  readonly clock: Clock
  /** A time server says that the clock is right. */
  readonly isConfirmed: (now: number) => boolean
}

export type RetentionTime = ReturnType<typeof createRetentionTime>

/**
 * A clock that is wrong for a moment (a dead battery, a virtual machine that wakes up) must not remove what cannot be
 * brought back, and nothing here can tell it from a machine that was off for as long. So the time that removes follows
 * the clock, either way, at 24 times the speed of this process's running, and faster while a time server confirms it.
 * Other nodes are not asked: they may have their time from where this one has it.
 */
export function createRetentionTime(deps: RetentionTimeDeps) {
  const { repository, ledger, clock, isConfirmed } = deps
  let time: number | undefined
  let since = 0
  let stepped = false

  async function lastKnown(): Promise<number | undefined> {
    const kept = await repository.get()
    if (kept !== undefined) return kept
    for await (const { row } of ledger.backwards()) if (row !== undefined) return row.ts
    return undefined
  }

  return {
    /** To be called before anything of this run is written to the ledger. */
    async start() {
      // A node that has no past has nothing to lose.
      time = (await lastKnown()) ?? clock.now()
      since = clock.monotonic()
      stepped = false
    },
    /** Milliseconds since the epoch, never later than the clock says; remembers how far it came. */
    async advance() {
      const now = clock.now()
      const at = clock.monotonic()
      const step = Math.max(0, at - since) * (isConfirmed(now) ? CATCH_UP_CONFIRMED : CATCH_UP)
      const from = time ?? now
      time = from + Math.max(-step, Math.min(step, now - from))
      since = at
      await repository.put(time)
      stepped = true
      return Math.min(now, time)
    },
    /** How far the time of the last step is behind the clock, milliseconds; 0 below a week, and before the first step. */
    behind() {
      // Compared with the clock as it is now, so that a clock that was set right is not behind any more, before the next step.
      const ms = stepped && time !== undefined ? clock.now() - time : 0
      return ms > TOLD_MS ? ms : 0
    },
  }
}

const TOUCHED = '/run/systemd/timesync/synchronized'

/**
 * systemd-timesyncd touches a file whenever a time server has answered (systemd-timesyncd.service(8)): one from just
 * now means that the clock is as it was then. Of another program that keeps the clock nothing is known.
 */
export function hasJustSynchronised(now: number, file: string = TOUCHED): boolean {
  return orElse(() => Math.abs(now - statSync(file).mtimeMs) < CONFIRMED_MS, false)
}
