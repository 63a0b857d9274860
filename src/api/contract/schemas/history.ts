// Schemas of a person's own commands and numbers: /history and what is below it, /stats. Level 0, for nobody else.
import * as z from 'zod'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import {
  DELETE_IDS_MAX,
  HISTORY_LIMIT_DEFAULT,
  HISTORY_LIMIT_MAX,
  RANKED_LIMIT_MAX,
  STATISTICS_PERIODS,
} from '../constants.ts'
import { category, count, integer, listOf, moment, riskLevel, share, text, timeRange } from './fields.ts'

const command = {
  id: text(32, 'sorts by time within a person'),
  timestamp: moment('when it began'),
  shell: text(32, 'bash, zsh, fish or sh; of an import as it was named there, or `?`'),
  command: z.string().describe('the text, after redaction of secrets'),
  cwd: z.string().describe('directory it ran in'),
  exit_code: integer('null when it is not known').nullable(),
  duration_ms: count('milliseconds; null when it is not known').nullable(),
  risk_level: riskLevel(),
  category: category(),
  karo_generated: z.boolean().describe("a program typed it on the person's behalf"),
  untimed: z
    .literal(true)
    .exactOptional()
    .describe('imported without a time: the timestamp is a place in the order'),
}

const event = z
  .strictObject({
    ...command,
    peak_rss_bytes: count('most memory that one of its processes held, in bytes; null when none was seen')
      .nullable()
      .exactOptional(),
  })
  .meta({ id: 'Command', description: 'One command line that ran. Never leaves this machine.' })
export type EventShape = z.infer<typeof event>

export const history = z
  .strictObject({
    events: listOf(event).describe('newest first'),
    total: count('all that match, also those beyond the limit'),
  })
  .meta({ id: 'History' })

const rankedCommand = z
  .strictObject({
    ...command,
    uses: count('how often it was used, of the uses that fit'),
    failures: count('of those, ended with another code than 0'),
  })
  .meta({ id: 'RankedCommand', description: 'A command, with its newest use. Never leaves this machine.' })
export type RankedCommandShape = z.infer<typeof rankedCommand>

export const rankedCommands = z
  .strictObject({
    commands: listOf(rankedCommand).describe('likeliest first'),
    total: count('different commands that fit, also those beyond the limit'),
    complete: z
      .boolean()
      .describe('false: only the newest were looked through yet; asked again, there are more'),
  })
  .meta({ id: 'RankedCommands' })
export type RankedShape = z.infer<typeof rankedCommands>

export const deletedCommands = z
  .strictObject({
    events: count('commands that are gone, or would be'),
    texts: count('texts that no other command uses; 0 with `dry_run`'),
    dry_run: z.boolean(),
    sample: listOf(event, 20).describe('with `dry_run` the newest of them, else none'),
  })
  .meta({ id: 'DeletedCommands' })
export type DeletedShape = z.infer<typeof deletedCommands>

const counted = { count: count('commands'), failures: count('of those, ended with another code than 0') }

const change = z
  .number()
  .min(-1)
  .nullable()
  .describe(
    'against the period before, as a ratio: 0.5 is half as many again; null when there were none or it is not known',
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
  failures: count('ended with another code than 0'),
  total_duration_ms: count('milliseconds, of those whose duration is known'),
  by_risk_level: byRiskLevel(),
  guard: z
    .strictObject({
      blocked: count('lines it did not let run'),
      confirmed: count('lines that it asked about and that ran'),
      declined: count('lines that it asked about and that did not run'),
      unjudged: count('lines that were not judged: it was too slow, or failed'),
    })
    .describe('what the guard did; a line that did not run is no command'),
  karo_generated: count('of all commands, typed by a program on behalf of the person'),
}

const hoursOfDay = z.array(count('commands')).length(24).readonly()

export const statistics = z
  .strictObject({
    period: z.enum(STATISTICS_PERIODS),
    ...totals,
    unique_commands: count('different ones'),
    categories: listOf(z.strictObject({ category: category(), ...compared })),
    tools: listOf(
      z.strictObject({
        tool: text(32, 'name in the public dictionary of tools, else `other`'),
        category: category(),
        ...compared,
      }),
    ),
    hourly: hoursOfDay.describe("by hour of the day, the machine's local time"),
    daily: z.array(count('commands')).length(7).readonly().describe('by day of the week, Monday first'),
    heat: z.array(hoursOfDay).length(7).readonly().describe('by both: a row for each day of the week'),
    timeline: z.strictObject({
      unit: z.enum(['hour', 'day', 'week']).describe('how long each point is'),
      points: listOf(
        z.strictObject({ start: moment('when it began'), count: count('commands') }),
        64,
      ).describe('in order, none left out'),
    }),
    failing: listOf(
      z.strictObject({
        tool: text(32, 'name in the public dictionary of tools, else `other`'),
        category: category(),
        ...counted,
        rate: share('failures of all'),
        previous_rate: share(
          'in the period before; null when it was not used or that is not known',
        ).nullable(),
        rose: z.boolean().describe('by more than chance explains'),
      }),
      5,
    ).describe('those whose rate rose, then those that failed most'),
    busiest: z
      .strictObject({ date: date('the local date'), count: count('commands') })
      .nullable()
      .describe('the day with the most commands'),
    active_days: count('days with commands'),
    streak: z.strictObject({
      current: count('days in a row with commands, up to today or yesterday'),
      longest: count('the most there were in a year'),
    }),
    recorded_since: date('the first local date there are numbers of').nullable(),
    change,
    before: z
      .strictObject(totals)
      .nullable()
      .describe(
        'the period of the same length before, up to the same time of day; null when not all of it was recorded',
      ),
  })
  .meta({ id: 'Statistics', description: "A person's own numbers." })
export type StatisticsShape = z.infer<typeof statistics>

export const mostUsed = z
  .strictObject({
    commands: listOf(
      z.strictObject({ command: z.string().describe('the text, after redaction of secrets'), ...counted }),
      1000,
    ).describe('most often first'),
  })
  .meta({ id: 'MostUsedCommands', description: 'Never leaves this machine.' })
export type MostUsedShape = z.infer<typeof mostUsed>

export function byRiskLevel() {
  return z.strictObject({
    safe: count('commands'),
    moderate: count('commands'),
    high: count('commands'),
    critical: count('commands'),
  })
}

/** What narrows a search down, and a removal. */
const filters = {
  word: listOf(z.string().min(1).max(1024), 32)
    .optional()
    .describe('repeated; every one must occur in the command, ignoring case'),
  without: listOf(z.string().min(1).max(1024), 32).optional().describe('repeated; none of them may'),
  cwd: z.string().min(1).max(4096).exactOptional().describe('absolute; this directory and those below it'),
  failed: z.boolean().exactOptional().describe('only those that ended with another code than 0'),
  risk: z.enum(RISK_LEVELS).exactOptional().describe('this level or a higher one'),
  since: moment('only newer ones').exactOptional(),
  until: moment('only older ones').exactOptional(),
  shell: z.string().min(1).max(32).exactOptional(),
  exit: z.int().min(0).max(255).exactOptional().describe('only those that ended with this code'),
  longer_ms: z.int().min(0).max(4_000_000_000).exactOptional().describe('milliseconds: at least so long'),
  generated: z
    .boolean()
    .exactOptional()
    .describe("true: only what a program ran on the person's behalf; false: only what they typed"),
}

/** What the spool keeps of one is shorter, in bytes. */
const COMMAND_MAX = 128 * 1024

export const getHistoryQuery = z.strictObject({
  ...filters,
  unique: z.boolean().exactOptional().describe('of each command only the newest that fits'),
  limit: z
    .int()
    .min(1)
    .max(HISTORY_LIMIT_MAX)
    .default(HISTORY_LIMIT_DEFAULT)
    .describe('how many; `total` counts all'),
})

export const getRankedCommandsQuery = z.strictObject({
  q: z
    .string()
    .max(1024)
    .default('')
    .describe('words between blanks, `"two words"` as one, `!word` for one that must not occur'),
  here: z.string().min(1).max(4096).exactOptional().describe('absolute: the directory of whoever asks'),
  cwd: filters.cwd,
  failed: filters.failed,
  risk: filters.risk,
  since: filters.since,
  until: filters.until,
  shell: filters.shell,
  exit: filters.exit,
  longer_ms: filters.longer_ms,
  generated: filters.generated,
  limit: z.int().min(1).max(RANKED_LIMIT_MAX).default(HISTORY_LIMIT_DEFAULT).describe('how many'),
})

export const deleteHistoryBody = z.strictObject({
  ids: listOf(z.string().min(1).max(32), DELETE_IDS_MAX).exactOptional(),
  command: z.string().min(1).max(COMMAND_MAX).exactOptional().describe('every use of exactly this text'),
  ...filters,
  dry_run: z.boolean().default(false),
})

const MOST_USED_MAX = 1_000

const MOST_USED_DEFAULT = 10

const period = z.enum(STATISTICS_PERIODS).default('today').describe("by the machine's own calendar")

export const getStatsQuery = z.strictObject({ period })

export const getMostUsedQuery = z.strictObject({
  period,
  limit: z.int().min(1).max(MOST_USED_MAX).default(MOST_USED_DEFAULT).describe('how many'),
})
