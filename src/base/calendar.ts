// Hours and days: how long they are, and which local date a moment has.

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** Days since 1970-01-01 of the local date of `time` (ms since the epoch): what a person calls a day, however long. */
export function localDay(time: number): number {
  const date = new Date(time)
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS)
}

/** Local midnight at which that day begins, ms since the epoch. */
export function startOfLocalDay(day: number): number {
  const utc = new Date(day * DAY_MS)
  return new Date(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate()).getTime()
}

/** Monday is 0: 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
