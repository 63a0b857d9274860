// ActivityPatterns: when people work, by hour and weekday of each owner's own calendar.
import { bounded, possibleActivity } from '../../../../protocols/counts.ts'
import type { ActivityPatterns } from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import { defineQueryType, type Filtered } from './type.ts'

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
export interface ActivityData extends ActivityPatterns {
  /** Commands more than in the period of equal length before, of the nodes that know both; null: no node does. */
  readonly change: number | null
}

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
      ...{ query_type: 'ActivityPatterns', activity },
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
        ...{ query_type: 'ActivityPatterns', activity },
        ...(earlier === undefined ? {} : { previous: { total_commands: earlier.total_commands } }),
      }
    )
  },
  schemas({ z, numbers }) {
    const { shape } = numbers.activityPatterns
    const activity = z
      .strictObject(shape)
      .meta({ id: 'Activity', description: "Commands by hour and day of each owner's calendar." })
    const change = z
      .int()
      .describe(
        'commands more than in the period before, of the nodes that know both; null when no node does',
      )
      .nullable()
    return {
      result: z.strictObject({ ...shape, change }).meta({ id: 'ActivityPatterns' }),
      part: { activity },
    }
  },
})

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
function filterHours<T extends ActivityPatterns>(data: T, { on }: Filtered): T {
  return {
    ...data,
    hourly: data.hourly.map((count, hour) => (on('hour', hour) ? count : 0)),
    daily: data.daily.map((count, day) => (on('day', WEEKDAYS[day] ?? null) ? count : 0)),
  }
}
