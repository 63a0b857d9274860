// Schemas of /stats: a person's own numbers.
import * as z from 'zod'
import { STATISTICS_PERIODS } from '../constants.ts'
import {
  category,
  count,
  flag,
  LIST_MAX,
  moment,
  named,
  oneOf,
  rowsOf,
  share,
  text,
  timeRange,
  whole,
} from './fields.ts'

const ended = {
  failures: count('commands that ended with another code than 0'),
  unknown: count(
    'commands whose exit code is not known, as most imported ones; none of them is in `failures`',
  ),
}
const counted = { count: count('commands'), ...ended }

const change = z
  .number()
  .min(-1)
  .nullable()
  .describe(
    'change against the period before, as a ratio: 0.5 is half as many again; null if there were none, or it is unknown',
  )

const compared = {
  ...counted,
  previous: count('commands in the period before; null when that is not known').nullable(),
  change,
}

const date = (what: string) => z.iso.date().describe(what)

const totals = {
  time_range: timeRange,
  total_commands: count('commands'),
  ...ended,
  total_duration_ms: count('milliseconds of all commands whose duration is known'),
  by_risk_level: z.strictObject({
    safe: count('commands'),
    moderate: count('commands'),
    high: count('commands'),
    critical: count('commands'),
  }),
  guard: z
    .strictObject({
      blocked: count('lines that the guard did not let run'),
      confirmed: count('lines that it asked about and that ran'),
      declined: count('lines that it asked about and that did not run'),
      unjudged: count('lines that it did not judge, because it was too slow or failed'),
    })
    .describe('what the guard did; a line that did not run does not count as a command'),
  karo_generated: count('commands that a program ran on behalf of the person'),
  ask_answers_run: count('commands that were an answer of karo ask, given within the hour before'),
}

const hoursOfDay = z.array(count('commands')).length(24).readonly()

export const statistics = named(
  'Statistics',
  {
    period: z.enum(STATISTICS_PERIODS),
    ...totals,
    unique_commands: count('different ones'),
    categories: rowsOf(LIST_MAX, { category: category(), ...compared }),
    tools: rowsOf(LIST_MAX, {
      tool: text(32, 'name in the public dictionary of tools, else `other`'),
      category: category(),
      ...compared,
    }),
    hourly: hoursOfDay.describe("by hour of the day, the machine's local time"),
    daily: z.array(count('commands')).length(7).readonly().describe('by day of the week, Monday first'),
    heat: z
      .array(hoursOfDay)
      .length(7)
      .readonly()
      .describe('by day of the week and hour: a row for each day'),
    timeline: z.strictObject({
      unit: oneOf(['hour', 'day', 'week'], 'how long each point is'),
      points: rowsOf(
        64,
        { start: moment('start of the point'), count: count('commands') },
        'in order, without gaps',
      ),
    }),
    failing: rowsOf(
      5,
      {
        tool: text(32, 'name in the public dictionary of tools, else `other`'),
        category: category(),
        ...counted,
        rate: share('share that failed of the commands whose exit code is known'),
        previous_rate: share(
          'rate in the period before; null if the tool was not used then, or it is not known how its uses ended',
        ).nullable(),
        rose: flag('the rate rose by more than chance explains'),
      },
      'tools whose rate rose, then tools that failed most',
    ),
    busiest: z
      .strictObject({ date: date('the local date'), count: count('commands') })
      .nullable()
      .describe('the day with the most commands'),
    active_days: count('days with commands'),
    streak: z.strictObject({
      current: count('days in a row with commands, up to today or yesterday'),
      longest: count('most days in a row within a year'),
    }),
    recorded_since: date('the first local date with numbers').nullable(),
    change,
    before: z
      .strictObject(totals)
      .nullable()
      .describe(
        'the period of the same length before, up to the same time of day; null if it was not recorded completely',
      ),
  },
  "A person's own numbers.",
)
export type StatisticsShape = z.infer<typeof statistics>

export const mostUsed = named(
  'MostUsedCommands',
  {
    commands: rowsOf(
      1000,
      {
        command: z.string().describe('the text, after redaction of secrets'),
        ...counted,
      },
      'the most frequent first',
    ),
  },
  'Never leaves this machine.',
)
export type MostUsedShape = z.infer<typeof mostUsed>

const MOST_USED_MAX = 1_000

const MOST_USED_DEFAULT = 10

const period = oneOf(STATISTICS_PERIODS, "by the machine's own calendar").default('today')

export const getStatsQuery = z.strictObject({ period })

export const getMostUsedQuery = z.strictObject({
  period,
  limit: whole(1, MOST_USED_MAX, 'how many').default(MOST_USED_DEFAULT),
})
