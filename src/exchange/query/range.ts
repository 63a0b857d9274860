// Which period a question is about: bounds of what may be asked, and its ends as dates.
import { KaroError } from '../../base/errors.ts'
import { type TimeRange, widenToHours } from '../../insight/statistics/index.ts'

/** A leap year: what hourly numbers can be read for without keeping others waiting. */
export const RANGE_MAX_MS = 366 * 86_400_000

/** RFC 3339 has years of four digits. */
const LAST_DATE_MS = Date.UTC(10_000, 0) - 1

/** A time in RFC 3339. Times that other nodes claim may lie beyond all dates, so they are capped. */
export const rfc3339 = (ms: number): string => new Date(Math.min(ms, LAST_DATE_MS)).toISOString()

/**
 * Whole UTC hours around `range`, the open one included: level 1 numbers exist per hour, and a narrower range would
 * only pretend to be one. KaroError bad_request for a range that is empty, backwards, not a time, or too long.
 */
export function askedRange(range: TimeRange): TimeRange {
  const { start, end } = range
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end > 8.64e15) {
    throw new KaroError('bad_request', 'the beginning or the end is not a time', { where: 'range' })
  }
  if (start >= end) {
    throw new KaroError('bad_request', 'the range ends before it starts', {
      where: 'range',
      hint: 'Give --from a time before --to.',
    })
  }
  const widened = widenToHours(range)
  if (widened.end - widened.start > RANGE_MAX_MS) {
    throw new KaroError('bad_request', 'the range is longer than 366 days', {
      where: 'range',
      hint: 'Ask for a year or less at a time.',
    })
  }
  return widened
}
