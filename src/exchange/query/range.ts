// Which period a question is about: bounds of what may be asked, its ends as dates, and which part of it records reach over.
import { KaroError } from '../../base/errors.ts'
import { type TimeRange, widenToHours } from '../../insight/statistics/index.ts'
import type { GatherInsight, NodeData, QueryTypeRow } from './query-types/index.ts'

/** A leap year: what hourly numbers can be read for without keeping others waiting. */
export const RANGE_MAX_MS = 366 * 86_400_000

/** RFC 3339 has years of four digits. */
const LAST_DATE_MS = Date.UTC(10_000, 0) - 1

/** A time in RFC 3339. Times that other nodes claim may lie beyond all dates, so they are capped. */
export const rfc3339 = (ms: number): string => new Date(Math.min(ms, LAST_DATE_MS)).toISOString()

/** The same of both ends of a period. */
export const dated = ({ start, end }: TimeRange): { readonly start: string; readonly end: string } => ({
  start: rfc3339(start),
  end: rfc3339(end),
})

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
      hint: 'It has to begin before it ends.',
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

interface Reach {
  /** The part of the range that the records reach over, up to now; undefined: none of it. */
  readonly covers: TimeRange | undefined
  /** The period of equal length before the range; undefined: the records do not reach back over all of it. */
  readonly before: TimeRange | undefined
}

/** The period of equal length before; undefined for one that begins before 1970. */
export function periodBefore({ start, end }: TimeRange): TimeRange | undefined {
  const from = 2 * start - end
  return from < 0 ? undefined : { start: from, end: start }
}

/** What records of one type of question reach over. `now`: ms since the epoch; nothing is known of what comes after it. */
export async function reachOf(
  insight: GatherInsight,
  row: Pick<QueryTypeRow<NodeData, object, object>, 'ofNow' | 'knownSince'>,
  people: readonly number[],
  range: TimeRange,
  now: number,
): Promise<Reach> {
  const uids = row.ofNow ? [] : people
  const since = await (row.knownSince?.(insight, uids) ?? insight.recordedSince(uids))
  if (since === undefined) return { covers: undefined, before: undefined }
  const covers = { start: Math.max(range.start, since), end: Math.min(range.end, now) }
  const before = periodBefore(range)
  return {
    covers: covers.start < covers.end ? covers : undefined,
    before: before !== undefined && since <= before.start ? before : undefined,
  }
}
