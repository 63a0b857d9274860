// What other machines may write into this ledger by what they do: a budget, and beyond it a count once an hour.

import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { createQuota, createQuotas } from '../../base/quota.ts'
import { AUDIT_CAUSES, type AuditType } from './entry-types.ts'
import type { AuditRecord } from './types.ts'

/** Entries that all other machines together cause: a burst of 1000, and 500 a day. */
const ALL = { frames: 1_000, perMs: 2 * DAY_MS }
/** Of one machine: a burst of 100, and 50 a day. */
const OF_ONE = { frames: 100, perMs: 2 * DAY_MS }
/** Machines whose share is remembered; a forgotten one has its whole share again. */
const PEERS_MAX = 4_096
/** Between two entries that tell what was counted. */
const TELL_EVERY_MS = 3_600_000

export interface Noise {
  /** False: it is over the budget and has been counted. */
  admits(record: AuditRecord): boolean
  /** The entry that tells what was counted; undefined while there is nothing, or it is too soon. */
  due(atOnce?: boolean): AuditRecord | undefined
}

export function createNoise(clock: Pick<Clock, 'monotonic'>): Noise {
  const all = createQuota(ALL)
  const shareOf = createQuotas<string>(OF_ONE, PEERS_MAX)
  const counted = new Map<AuditType, number>()
  let toldAt = Number.NEGATIVE_INFINITY

  return {
    admits({ type, peer }) {
      if (AUDIT_CAUSES[type] !== 'remote') return true
      const now = clock.monotonic()
      if ((peer === undefined || shareOf(peer).take(now)) && all.take(now)) return true
      counted.set(type, (counted.get(type) ?? 0) + 1)
      return false
    },
    due(atOnce = false) {
      const now = clock.monotonic()
      if (counted.size === 0 || (!atOnce && now - toldAt < TELL_EVERY_MS)) return undefined
      toldAt = now
      const details = Object.fromEntries(counted)
      counted.clear()
      return { type: 'entries_counted', success: true, details }
    },
  }
}
