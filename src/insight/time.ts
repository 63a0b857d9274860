// Whole hours of UTC and the owner's days: the grains of rollups, and how a range is widened to them.
import { DAY_MS, HOUR_MS } from '../base/calendar.ts'

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

/**
 * Whole UTC hours, since the epoch, within a span of ms: [from, to), and what is left of it at its ends. A local
 * midnight is none where the zone is half an hour off.
 */
export function hoursBetween(
  start: number,
  end: number,
): {
  readonly from: number
  readonly to: number
  readonly edges: readonly { readonly start: number; readonly end: number }[]
} {
  const from = Math.ceil(start / HOUR_MS)
  const to = Math.floor(end / HOUR_MS)
  if (from > to) return { from, to: from, edges: [{ start, end }] }
  const edges = [
    { start, end: from * HOUR_MS },
    { start: to * HOUR_MS, end },
  ]
  return { from, to, edges: edges.filter((edge) => edge.start < edge.end) }
}
