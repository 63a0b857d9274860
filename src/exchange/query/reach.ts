// Which part of an asked range records reach over: what numbers of a period rest on.
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { GatherInsight, NodeData, QueryTypeRow } from './query-types/type.ts'

export interface Reach {
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
