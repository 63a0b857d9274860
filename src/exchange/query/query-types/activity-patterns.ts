// ActivityPatterns: when people work, by hour and weekday of each owner's own calendar.
import { bounded, possibleActivity } from '../../../../protocols/counts.ts'
import type { ActivityPatterns } from '../../../../protocols/messages/numbers.ts'
import { DAY_MS, weekdayOf } from '../../../base/calendar.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import { type OpenedBucket, readingOf } from '../../totals/reading.ts'
import { defineMeasure } from './measure.ts'
import { type Cells, cellsIn, type Filled, filled } from './sums.ts'
import type { Filtered } from './type.ts'

/** Monday first, as `daily` is. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

const ALL = 'all'
const HOURS = Array.from({ length: 24 }, (_, hour) => `hour:${String(hour).padStart(2, '0')}`)
/** Of several nodes the different commands are a sum, too: one that two nodes ran counts twice. Totals have neither them nor days. */
const COUNTS = {
  hourly: HOURS,
  daily: WEEKDAYS.map((day) => `day:${day}`),
  total_commands: ALL,
  unique_commands: 'unique',
} as const

export const activityPatterns = defineMeasure('ActivityPatterns', {
  word: 'activity',
  title: 'When people work',
  meaning: 'when people work',
  action: 'query.activity_patterns',
  fields: {
    hour: { kind: 'number', applied: 'here', meaning: 'of the day, 0 to 23', range: [0, 23] },
    day: { kind: 'text', applied: 'here', meaning: 'of the week', values: WEEKDAYS },
  },
  take: (numbers, uids) => numbers.activityPatterns(uids),
  cells: cellsOf,
  dataOf: (now, before) => ({
    query_type: 'ActivityPatterns',
    activity: filled(COUNTS, (row) => now.value(row) ?? 0),
    previous: before && { total_commands: before.value(ALL) ?? 0 },
  }),
  counted: ({ activity, previous }) => ({
    now: cellsOf(activity),
    before: previous && new Map([[ALL, previous.total_commands]]),
  }),
  plausible: ({ activity, previous }) => possibleActivity(activity) && bounded(previous?.total_commands ?? 0),
  filterNode: (data) => data,
  read(sums) {
    const { buckets } = sums
    const numbers = filled(COUNTS, (row) => (buckets && row === 'unique' ? null : sums.value(row)))
    return {
      ...numbers,
      // Of totals the days of UTC, where buckets are such days. Of a day that no bucket is of nothing is known.
      ...(buckets && { daily: daysOf(buckets) }),
      change: sums.change(ALL),
    }
  },
  filterResult: filterHours,
  perNode: ({ activity }, _, filtered) => ({ activity: filterHours(activity, filtered) }),
  summary: {
    of: (activity_pattern) => ({ activity_pattern }),
    read: ({ activity_pattern }) => activity_pattern,
  },
  rows: {
    version: 1,
    counts: 'commands',
    names: [...HOURS, ALL],
    // Were it of the hours' family it could be withheld instead of an hour, and other types show what it adds up to.
    familyOf: (row) => (row === ALL ? ALL : 'hours'),
  },
  schemas({ z, numbers }) {
    const { shape } = numbers.activityPatterns
    const activity = z
      .strictObject(shape)
      .meta({ id: 'Activity', description: "Commands by hour and day of each owner's calendar." })
    const count = z.int().min(0).nullable()
    const change = z
      .int()
      .describe(
        'commands more than in the period before, of the nodes that know both; null when no node does',
      )
      .nullable()
    return {
      result: z
        .strictObject({
          hourly: z
            .array(count)
            .length(24)
            .readonly()
            .describe("by hour of each owner's day; null: withheld, in totals only"),
          daily: z
            .array(count)
            .length(7)
            .readonly()
            .describe(
              "by day of each owner's week, Monday first; in totals the day of UTC, null where it was withheld or no such day was released",
            ),
          total_commands: count.describe('commands; null: withheld, in totals only'),
          unique_commands: count.describe('different commands of each node; null in totals'),
          change,
        })
        .meta({ id: 'ActivityPatterns' }),
      part: { activity },
    }
  },
})

function cellsOf(activity: ActivityPatterns): Cells {
  return new Map(cellsIn(COUNTS, activity))
}

/** The day of the week that a bucket is of, 0 for Monday; undefined for one that is no day of UTC. */
const weekdayIn = ({ start, end }: TimeRange): number | undefined =>
  end - start === DAY_MS && start % DAY_MS === 0 ? weekdayOf(start / DAY_MS) : undefined

function daysOf(buckets: readonly OpenedBucket[]): readonly (number | null)[] {
  const days = WEEKDAYS.map((_, day) => buckets.filter(({ bucket }) => weekdayIn(bucket) === day))
  const areDays = buckets.every(({ bucket }) => weekdayIn(bucket) !== undefined)
  return days.map((of) => (areDays ? readingOf(of).value(ALL) : null))
}

/** 0 in the place of hours and days that do not pass; a filter of hours says nothing about days, nor of the totals. */
function filterHours<T extends Pick<Filled<typeof COUNTS, number | null>, 'hourly' | 'daily'>>(
  data: T,
  { on }: Filtered,
): T {
  return {
    ...data,
    hourly: data.hourly.map((count, hour) => (on('hour', hour) ? count : 0)),
    daily: data.daily.map((count, day) => (on('day', WEEKDAYS[day] ?? null) ? count : 0)),
  }
}
