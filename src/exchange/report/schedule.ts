// When a scheduled report is due: calendar boundaries in UTC, each made up for once however many were missed.
import { DAY_MS, HOUR_MS, weekdayOf } from '../../base/calendar.ts'

export const SCHEDULES = ['daily', 'weekly', 'monthly'] as const
export type Schedule = (typeof SCHEDULES)[number]

/** The last midnight, the last Monday, or the first of the month, not after `now`; ms since the epoch. */
export function boundaryOf(schedule: Schedule, now: number): number {
  const today = Math.floor(now / DAY_MS)
  if (schedule === 'daily') return today * DAY_MS
  if (schedule === 'weekly') return (today - weekdayOf(today)) * DAY_MS
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

/** The boundary after that one. */
export function nextAfter(schedule: Schedule, boundary: number): number {
  if (schedule === 'daily') return boundary + DAY_MS
  if (schedule === 'weekly') return boundary + 7 * DAY_MS
  const date = new Date(boundary)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/** Totals come some hours after the end of their period; a report waits for the newest ones, and no longer than this. */
const WAIT_MS = 18 * HOUR_MS

/**
 * The boundary that a report is due for; undefined: none is. `made`: the newest one there is a report for. `releasedUntil`:
 * the end of the newest released period. A clock that was set back makes nothing twice.
 */
export function dueOf(
  schedule: Schedule,
  {
    now,
    made,
    releasedUntil,
  }: { readonly now: number; readonly made: number | undefined; readonly releasedUntil: number | undefined },
): number | undefined {
  const boundary = boundaryOf(schedule, now)
  if (made !== undefined && made >= boundary) return undefined
  const isReady = releasedUntil !== undefined && releasedUntil >= boundary
  return isReady || now >= boundary + WAIT_MS ? boundary : undefined
}
