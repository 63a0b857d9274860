// Whole hours of UTC and the owner's days: the grains of rollups, and how a range is widened to them.
import { HOUR_MS } from '../../base/calendar.ts'

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
