// Writes refused requests of the listener into the ledger: few entries, however many requests there were.

import type { Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Refusal } from './guard.ts'

/** Least time between two entries of one reason: refusals for a whole year then fit into the ledger. */
const EVERY_MS = 10 * 60_000

export interface Refusals {
  note(reason: Refusal): void
  /** Writes entries for all refusals that were counted and not written yet; no entry comes later. */
  close(): void
}

/** The first refusal of each reason is written at once; those of the next ten minutes become one entry with their number. */
export function createRefusals(deps: {
  readonly audit: Pick<Audit, 'record'>
  readonly timers: Timers
  readonly log: Log
}): Refusals {
  const { audit, timers, log } = deps
  /** Refusals since the last entry of their reason, for each reason whose next entry has to wait. */
  const waiting = new Map<Refusal, { count: number; readonly cancel: () => void }>()

  function record(reason: Refusal, count: number): void {
    log.warn({ reason, count }, 'requests to the API on TCP were refused')
    void audit.record({ type: 'api_refused', success: false, details: { reason, count } })
  }

  function tell(reason: Refusal, count: number): void {
    record(reason, count)
    waiting.set(reason, { count: 0, cancel: timers.after(EVERY_MS, () => due(reason)) })
  }

  function due(reason: Refusal): void {
    const count = waiting.get(reason)?.count ?? 0
    waiting.delete(reason)
    if (count > 0) tell(reason, count)
  }

  return {
    note(reason) {
      const since = waiting.get(reason)
      if (since === undefined) tell(reason, 1)
      else since.count++
    },
    close() {
      for (const [reason, { count, cancel }] of waiting) {
        cancel()
        if (count > 0) record(reason, count)
      }
      waiting.clear()
    },
  }
}
