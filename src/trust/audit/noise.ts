// The budget for entries that other machines cause in this ledger; events beyond it are counted in one entry an hour.

import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { createQuota, createQuotas } from '../../base/quota.ts'
import { AUDIT_CAUSES, type AuditType } from './entry-types.ts'
import type { AuditRecord } from './types.ts'

/**
 * For each cause, entries that all other machines together have: a burst, and as many in two days; and of these one
 * machine. What a machine signed against itself is rare, and must be told however much noise it makes beside it.
 */
const BUDGETS = {
  remote: { all: { frames: 1_000, perMs: 2 * DAY_MS }, ofOne: { frames: 100, perMs: 2 * DAY_MS } },
  proof: { all: { frames: 200, perMs: 2 * DAY_MS }, ofOne: { frames: 10, perMs: 2 * DAY_MS } },
} as const
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
  const budgetOf = ({ all, ofOne }: (typeof BUDGETS)['remote' | 'proof']) => ({
    all: createQuota(all),
    shareOf: createQuotas<string>(ofOne, PEERS_MAX),
  })
  const budgets = { remote: budgetOf(BUDGETS.remote), proof: budgetOf(BUDGETS.proof) }
  const counted = new Map<AuditType, number>()
  let toldAt = Number.NEGATIVE_INFINITY

  return {
    admits({ type, peer }) {
      const cause = AUDIT_CAUSES[type]
      if (cause !== 'remote' && cause !== 'proof') return true
      const { all, shareOf } = budgets[cause]
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
