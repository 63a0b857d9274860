// ActivityPatterns: when people work, by hour and weekday of each owner's own calendar.
import { possibleActivity } from '../../../../protocols/counts.ts'
import type { ActivityPatterns } from '../../../../protocols/messages/numbers.ts'
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
export type ActivityData = ActivityPatterns

export const activityPatterns = defineQueryType('ActivityPatterns', {
  word: 'activity',
  meaning: 'when people work',
  action: 'query.activity_patterns',
  fields: {
    hour: { kind: 'number', applied: 'here', meaning: 'of the day, 0 to 23', range: [0, 23] },
    day: { kind: 'text', applied: 'here', meaning: 'of the week', values: WEEKDAYS },
  },
  async gather(insight, uids, range) {
    const activity = await insight.during(range).activityPatterns(uids)
    return activity.total_commands === 0 ? null : { query_type: 'ActivityPatterns', activity }
  },
  plausible: ({ activity }) => possibleActivity(activity),
  filterNode: (data) => data,
  contributes: ({ activity }) => activity.total_commands > 0,
  merge: (parts) => addUp(parts.map(({ activity }) => activity)),
  filterResult: filterHours,
  perNode: ({ activity }, _, filtered) => ({ activity: filterHours(activity, filtered) }),
  fromSummaries(summaries) {
    const shared = summaries.flatMap(({ activity_pattern }) => activity_pattern ?? [])
    return shared.length === 0 ? undefined : { query_type: 'ActivityPatterns', activity: addUp(shared) }
  },
  schemas({ z, numbers }) {
    const activity = z
      .strictObject(numbers.activityPatterns.shape)
      .meta({ id: 'Activity', description: "Commands by hour and day of each owner's calendar." })
    return { result: activity, part: { activity } }
  },
})

/** Sums, hour by hour and day by day. */
function addUp(parts: readonly ActivityPatterns[]): ActivityData {
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
function filterHours(data: ActivityData, { on }: Filtered): ActivityData {
  return {
    ...data,
    hourly: data.hourly.map((count, hour) => (on('hour', hour) ? count : 0)),
    daily: data.daily.map((count, day) => (on('day', WEEKDAYS[day] ?? null) ? count : 0)),
  }
}
