// Schemas of a person's own commands and numbers: /history, /stats. Level 0, for nobody else.
import * as z from 'zod'
import { STATISTICS_PERIODS } from '../shapes.ts'
import { category, count, integer, listOf, moment, riskLevel, text, timeRange } from './fields.ts'

const event = z
  .strictObject({
    id: text(32, 'sorts by time within a person'),
    timestamp: moment('when it began'),
    shell: text(32, 'bash, zsh, fish or sh'),
    command: z.string().describe('the text, after redaction of secrets'),
    cwd: z.string().describe('directory it ran in'),
    exit_code: integer('null when it is not known').nullable(),
    duration_ms: count('milliseconds; null when it is not known').nullable(),
    risk_level: riskLevel(),
    category: category(),
    karo_generated: z.boolean().describe('Karo proposed it'),
  })
  .meta({ id: 'Command', description: 'One command line that ran. Never leaves this machine.' })
export type EventShape = z.infer<typeof event>

export const history = z
  .strictObject({
    events: listOf(event).describe('newest first'),
    total: count('all that match, also those beyond the limit'),
  })
  .meta({ id: 'History' })

const counted = { count: count('commands'), failures: count('of those, ended with another code than 0') }

export const statistics = z
  .strictObject({
    period: z.enum(STATISTICS_PERIODS),
    time_range: timeRange,
    total_commands: count('commands'),
    unique_commands: count('different ones'),
    failures: count('ended with another code than 0'),
    total_duration_ms: count('milliseconds, of those whose duration is known'),
    categories: listOf(z.strictObject({ category: category(), ...counted })),
    tools: listOf(
      z.strictObject({
        tool: text(32, 'name in the public dictionary of tools, else `other`'),
        category: category(),
        ...counted,
      }),
    ),
    hourly: z
      .array(count('commands'))
      .length(24)
      .readonly()
      .describe("by hour of the day, the machine's local time"),
    daily: z.array(count('commands')).length(7).readonly().describe('by day of the week, Monday first'),
    by_risk_level: byRiskLevel(),
  })
  .meta({ id: 'Statistics', description: "A person's own numbers." })
export type StatisticsShape = z.infer<typeof statistics>

export function byRiskLevel() {
  return z.strictObject({
    safe: count('commands'),
    moderate: count('commands'),
    high: count('commands'),
    critical: count('commands'),
  })
}
