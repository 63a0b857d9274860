// Whole hours and local days: the grains of rollups, and how a range is widened to them.

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** Start of the UTC hour that `time` (ms since the epoch) lies in. */
export const floorToHour = (time: number): number => Math.floor(time / HOUR_MS) * HOUR_MS

/** The smallest range of whole UTC hours that holds `range`; level 1 is never finer. */
export function widenToHours(range: { readonly start: number; readonly end: number }): {
  readonly start: number
  readonly end: number
} {
  return { start: floorToHour(range.start), end: -floorToHour(-range.end) }
}

/**
 * Days since 1970-01-01 of the local date of `time`: what a person calls a day, whatever its length in hours.
 */
export function localDay(time: number): number {
  const date = new Date(time)
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS)
}

/** Local midnight at which that day begins, ms since the epoch. */
export function startOfLocalDay(day: number): number {
  const utc = new Date(day * DAY_MS)
  return new Date(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate()).getTime()
}
