// Lengths of hours and days, and the local date of a moment.

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** The year 2200. A later time does not come from a wrong clock, but from a damaged file. */
export const LATEST_MS = Date.UTC(2200)
/** Even a session that nobody ends is seldom older. A longer duration comes from a clock that was set, or from damage. */
export const LONGEST_COMMAND_MS = 366 * DAY_MS

/** Days from 1970-01-01 to the local date of `time` (ms since the epoch), so a day is what a person calls a day. */
export function localDay(time: number): number {
  const date = new Date(time)
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS)
}

/** Local midnight at the beginning of that day, in ms since the epoch. */
export function startOfLocalDay(day: number): number {
  const utc = new Date(day * DAY_MS)
  return new Date(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate()).getTime()
}

/**
 * The local date (days since 1970-01-01) of a command that ran in the UTC hour `hour` (since the epoch) when the owner's
 * clock said `localHour`, 0 to 23. The two hours give the time zone of that moment; the present zone is only needed to tell
 * zones apart that differ by a whole day (UTC-12 to -10 and UTC+12 to +14).
 */
export function dayOfLocalHour(hour: number, localHour: number): number {
  const offsetNow = -new Date(hour * HOUR_MS).getTimezoneOffset() / 60
  // The offset in full hours: a zone of +5:30 gives 5 in one half of the hour and 6 in the other.
  let offset = mod(localHour - hour, 24)
  if (offset > 14 || (offset >= 12 && offsetNow < 0)) offset -= 24
  return Math.floor(((hour + offset) * HOUR_MS) / DAY_MS)
}

const mod = (a: number, n: number): number => ((a % n) + n) % n

/** Monday is 0: 1970-01-01 was a Thursday, day 3 of a week that begins on Monday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
