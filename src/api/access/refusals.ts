// What was turned away at the listener, told to the ledger in a few entries however much it was.

import type { Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Refusal } from './guard.ts'

/** Between two entries of one kind: whoever knocks all year fills less than the ledger keeps. */
const EVERY_MS = 10 * 60_000

export interface Refusals {
  note(reason: Refusal): void
  /** Tells what has been counted and not been told; nothing comes later. */
  close(): void
}

/** The first of each reason is told at once, those that follow within ten minutes as one number. */
export function createRefusals(deps: {
  readonly audit: Pick<Audit, 'record'>
  readonly timers: Timers
  readonly log: Log
}): Refusals {
  const { audit, timers, log } = deps
  /** Since the last entry of that reason; there while another one would be too soon. */
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
