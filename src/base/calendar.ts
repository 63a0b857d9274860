// Hours and days: how long they are, and which local date a moment has.

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** The year 2200: beyond it is no clock that was wrong, but a file that is. */
export const LATEST_MS = Date.UTC(2200)

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

/**
 * The local date (days since 1970-01-01) of what ran in the UTC hour `hour` (since the epoch) when the owner's clock
 * said `localHour`, 0 to 23. The two tell the zone that held then, whatever holds now: only zones a whole day apart
 * (UTC-12 to -10 and UTC+12 to +14) need the present one to be told apart.
 */
export function dayOfLocalHour(hour: number, localHour: number): number {
  const offsetNow = -new Date(hour * HOUR_MS).getTimezoneOffset() / 60
  // The offset as far as full hours show it: a zone of +5:30 shows as 5 in one half of the hour and as 6 in the other.
  let offset = mod(localHour - hour, 24)
  if (offset > 14 || (offset >= 12 && offsetNow < 0)) offset -= 24
  return Math.floor(((hour + offset) * HOUR_MS) / DAY_MS)
}

const mod = (a: number, n: number): number => ((a % n) + n) % n

/** Monday is 0: 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
