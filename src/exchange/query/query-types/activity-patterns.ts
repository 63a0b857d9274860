// ActivityPatterns: when people work, by hour and weekday of each owner's own calendar.
import { bounded, possibleActivity } from '../../../../protocols/counts.ts'
import type { ActivityPatterns } from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import { DAY_MS, weekdayOf } from '../../../base/calendar.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import { changeOf, layoutRows, measured, openedValue } from './released.ts'
import { defineQueryType, type Filtered, type ReleaseLayout } from './type.ts'

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

/** For several nodes `unique_commands` is a sum too: a command that two nodes ran counts twice. */
export interface ActivityData {
  /** Null: withheld, which numbers of single nodes never are. */
  readonly hourly: readonly (number | null)[]
  /** Of totals the day of UTC; null also where a total is of hours. */
  readonly daily: readonly (number | null)[]
  readonly total_commands: number | null
  /** Null in totals: what two nodes ran is not known to be the same. */
  readonly unique_commands: number | null
  /** Commands more than in the period of equal length before, of the nodes that know both; null: no node does. */
  readonly change: number | null
}

const ALL = 'all'
const hourRow = (hour: number): string => `hour:${String(hour).padStart(2, '0')}`
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const LAYOUT = {
  type: 'ActivityPatterns',
  version: 1,
  values: ['commands'],
  rows: layoutRows([...HOURS.map(hourRow), ALL]),
  // Were it of the hours' family it could be withheld instead of an hour, and other types show what it adds up to.
  familyOf: (row) => (row === ALL ? ALL : 'hours'),
} as const satisfies ReleaseLayout

export const activityPatterns = defineQueryType('ActivityPatterns', {
  word: 'activity',
  meaning: 'when people work',
  action: 'query.activity_patterns',
  fields: {
    hour: { kind: 'number', applied: 'here', meaning: 'of the day, 0 to 23', range: [0, 23] },
    day: { kind: 'text', applied: 'here', meaning: 'of the week', values: WEEKDAYS },
  },
  async gather(insight, uids, range, before) {
    const activity = await insight.during(range).activityPatterns(uids)
    const earlier = before && (await insight.during(before).activityPatterns(uids)).total_commands
    if (activity.total_commands + (earlier ?? 0) === 0) return null
    return {
      query_type: 'ActivityPatterns',
      activity,
      ...(earlier === undefined ? {} : { previous: { total_commands: earlier } }),
    }
  },
  plausible: ({ activity, previous }) => possibleActivity(activity) && bounded(previous?.total_commands ?? 0),
  filterNode: (data) => data,
  compares: ({ previous }) => previous !== undefined,
  contributes: ({ activity }) => activity.total_commands > 0,
  merge(parts): ActivityData {
    const changes = parts.flatMap(({ activity, previous }) =>
      previous === undefined ? [] : [activity.total_commands - previous.total_commands],
    )
    return {
      ...addUp(parts.map(({ activity }) => activity)),
      change: changes.length === 0 ? null : changes.reduce((sum, change) => sum + change, 0),
    }
  },
  filterResult: filterHours,
  perNode: ({ activity }, _, filtered) => ({ activity: filterHours(activity, filtered) }),
  fromSummaries(summaries, before) {
    const activity = sharedActivity(summaries)
    const earlier = before && (sharedActivity(before) ?? addUp([]))
    return (
      activity && {
        query_type: 'ActivityPatterns',
        activity,
        ...(earlier === undefined ? {} : { previous: { total_commands: earlier.total_commands } }),
      }
    )
  },
  released: {
    layout: LAYOUT,
    async measure(insight, uids, bucket) {
      const { hourly, total_commands } = await insight.during(bucket).activityPatterns(uids)
      return measured([
        ...hourly.map((count, hour) => [hourRow(hour), [count]] as const),
        [ALL, [total_commands]] as const,
      ])
    },
    fromReleased({ buckets, before }): ActivityData {
      const total_commands = openedValue(buckets, ALL)
      const days = WEEKDAYS.map((_, day) => buckets.filter(({ bucket }) => weekdayIn(bucket) === day))
      const areDays = buckets.every(({ bucket }) => weekdayIn(bucket) !== undefined)
      return {
        hourly: HOURS.map((hour) => openedValue(buckets, hourRow(hour))),
        // Of a day that no bucket is of nothing is known.
        daily: days.map((of) => (areDays ? openedValue(of, ALL) : null)),
        total_commands,
        unique_commands: null,
        change: changeOf(buckets, before, ALL),
      }
    },
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

/** The day of the week that a bucket is of, 0 for Monday; undefined for one that is no day of UTC. */
const weekdayIn = ({ start, end }: TimeRange): number | undefined =>
  end - start === DAY_MS && start % DAY_MS === 0 ? weekdayOf(start / DAY_MS) : undefined

/** Added up over summaries; undefined: none of them shares any. */
function sharedActivity(summaries: readonly NodeSummary[]): ActivityPatterns | undefined {
  const shared = summaries.flatMap(({ activity_pattern }) => activity_pattern ?? [])
  return shared.length === 0 ? undefined : addUp(shared)
}

/** Sums, hour by hour and day by day. */
function addUp(parts: readonly ActivityPatterns[]): ActivityPatterns {
  const hourly = new Array<number>(24).fill(0)
  const daily = new Array<number>(7).fill(0)
  let total_commands = 0
  let unique_commands = 0
  for (const part of parts) {
    for (const [hour, count] of part.hourly.entries()) hourly[hour]! += count
    for (const [day, count] of part.daily.entries()) daily[day]! += count
    total_commands += part.total_commands
    unique_commands += part.unique_commands
  }
  return { hourly, daily, total_commands, unique_commands }
}

/** 0 in the place of hours and days that do not pass; a filter of hours says nothing about days, nor of the totals. */
function filterHours<T extends Pick<ActivityData, 'hourly' | 'daily'>>(data: T, { on }: Filtered): T {
  return {
    ...data,
    hourly: data.hourly.map((count, hour) => (on('hour', hour) ? count : 0)),
    daily: data.daily.map((count, day) => (on('day', WEEKDAYS[day] ?? null) ? count : 0)),
  }
}
