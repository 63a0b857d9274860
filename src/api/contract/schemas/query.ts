// Schemas of what a question to the mesh comes to: the result of /query, and its lines as NDJSON.
import * as z from 'zod'
import { activityPatterns, nodeHealthStatus, safetyPosture } from '../../../../protocols/messages/numbers.ts'
import { QUERY_TYPES, queryFilter } from '../../../../protocols/messages/query.ts'
import { ASKED_TYPES } from '../../../exchange/query/index.ts'
import { OUTCOMES, UNREACHED } from '../../../exchange/query/result.ts'
import { error } from './error.ts'
import {
  category,
  count,
  fingerprint,
  integer,
  level,
  listOf,
  moment,
  nodeName,
  share,
  text,
  timeRange,
  traceId,
} from './fields.ts'
import { byRiskLevel } from './history.ts'

export const coverage = z
  .strictObject({
    known: count('other members; the counts below add up to it'),
    answered: count('that answered, also with nothing to say'),
    from_summary: count('absent ones whose published summaries stand in for them'),
    denied: count('that refused'),
    withheld: count('whose numbers may not be shown, because too few are in them'),
    failed: count('busy, error, not supported, bad signature'),
    unreachable: count('that nobody could reach'),
    complete: z.boolean().describe('answered = known'),
    nodes: listOf(
      z.strictObject({
        fingerprint: fingerprint(),
        name: nodeName(),
        outcome: z.enum(OUTCOMES),
        why: z
          .enum(UNREACHED)
          .exactOptional()
          .describe(
            'of one that is unreachable, as far as this node knows. clock: its clock is more than five minutes away, so it is refused; not_trusted_there: it does not trust this node; left: it was stopped; lost: its connection broke; silent: connected, and it did not answer in time; away: nobody has heard of it lately',
          ),
        clock_off_ms: integer('with `clock`: its clock minus this one').exactOptional(),
        last_seen: moment('with `left`, `lost` and `away`: when it was last met').exactOptional(),
      }),
    ).describe('outcomes only, never numbers'),
  })
  .meta({ id: 'Coverage', description: 'Who was asked, and what came of it: every known member once.' })
export type Coverage = z.infer<typeof coverage>

const toolRow = z
  .strictObject({
    tool: text(32, 'name in the public dictionary of tools, else `other`'),
    category: category(),
    uses: count('uses'),
    nodes: count('nodes that used it, this one included'),
    failure_rate: share('0 to 1'),
    change: integer('uses more than in the period before; null when one that used it did not say').nullable(),
  })
  .meta({ id: 'ToolRow' })

const activity = z
  .strictObject(activityPatterns.shape)
  .meta({ id: 'Activity', description: "Commands by hour and day of each owner's calendar." })

const health = nodeHealthStatus.shape
const unknownOf = 'null when only this node speaks of it'

const data = z.union([
  z.strictObject({ tools: listOf(toolRow) }).meta({ id: 'ToolUsage' }),
  z
    .strictObject({
      by_risk_level: byRiskLevel(),
      blocked: count('commands the guard blocked'),
      confirmed_risky: count('risky commands a person confirmed'),
      karo_generated: count("commands that a program typed on a person's behalf"),
      nodes_reporting: count('nodes behind these numbers, this one included'),
      nodes_guarded: count('of those, where the guard is on'),
      hooks_silent: count('of those, where a shell hook stopped reporting'),
    })
    .meta({ id: 'SafetyPosture' }),
  activity,
  z
    .strictObject({
      nodes: listOf(
        z
          .strictObject({
            ...health,
            version: health.version.nullable().describe(unknownOf),
            uptime_seconds: health.uptime_seconds.nullable().describe(unknownOf),
            events_24h: health.events_24h.nullable().describe(unknownOf),
          })
          .meta({ id: 'HealthRow' }),
      ),
    })
    .meta({ id: 'NodeHealth' }),
])

const perNode = z
  .strictObject({
    fingerprint: fingerprint(),
    name: nodeName(),
    as_of: moment('when its owner computed it'),
    source: z.enum(['live', 'summary']).describe('summary: it is absent, and this is what it last published'),
    tools: listOf(toolRow).exactOptional(),
    safety: safetyPosture.exactOptional(),
    activity: activity.exactOptional(),
    health: nodeHealthStatus.exactOptional(),
  })
  .meta({ id: 'PerNode' })

export const queryResult = z
  .strictObject({
    query_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe('32 hex digits'),
    trace_id: traceId(),
    query_type: z.enum(QUERY_TYPES),
    level: level('1: numbers of consenting nodes; 2: totals of many'),
    time_range: timeRange,
    status: z.enum(['success', 'access_denied', 'no_data', 'withheld']),
    filters: listOf(queryFilter, 16).exactOptional().describe('when any were asked for'),
    team: text(64, 'when only a team was asked').exactOptional(),
    own_missing: z
      .literal(true)
      .exactOptional()
      .describe("this node's own numbers belong here, and could not be read in time"),
    data,
    nodes: listOf(perNode).exactOptional().describe('with per_node'),
    as_of: moment('when the oldest of these numbers was computed; null without any').nullable(),
    coverage,
    privacy: z.strictObject({
      mode: z.enum(['per_node', 'aggregate']),
      k_min: count('fewest nodes that a total may be of'),
      cells_suppressed: count('rows left out because too few nodes were in them'),
      noise: text(64, 'what was added to the numbers, `none` when nothing'),
    }),
    ended_by: z.enum(['all_done', 'deadline', 'cancelled']),
    timing: z.strictObject({
      first_ms: z.number().min(0).nullable().describe('milliseconds to the first answer; null without any'),
      last_ms: z.number().min(0).nullable().describe('milliseconds to the last one'),
      elapsed_ms: z.number().min(0).describe('milliseconds to the complete result'),
    }),
    notes: listOf(text(1024, 'for people'), 256).describe(
      'why something is withheld, and what to do about it',
    ),
  })
  .meta({ id: 'QueryResult' })
export type QueryResult = z.infer<typeof queryResult>
export type Outcome = Coverage['nodes'][number]['outcome']

export const queryLine = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('progress'), coverage }),
    z.strictObject({ type: z.literal('result'), result: queryResult }),
    z.strictObject({ type: z.literal('error'), ...error.shape }),
  ])
  .meta({ id: 'QueryLine', description: 'One line; the last one is the result, or the error.' })
export type QueryLine = z.infer<typeof queryLine>

const OPERATORS = ['Equals', 'NotEquals', 'Contains', 'InList', 'GreaterThan', 'LessThan'] as const

export const postQueryBody = z.strictObject({
  query_type: z.enum(ASKED_TYPES),
  level: level("1 or 2; absent: what each owner's trust gives this node").exactOptional(),
  range: z.strictObject({
    start: moment('first moment; level 1 is widened outward to whole hours'),
    end: moment('the moment after it'),
  }),
  per_node: z.boolean().exactOptional().describe('also each node by itself (level 1)'),
  filters: listOf(
    z.strictObject({
      field: z.string().max(32),
      operator: z.enum(OPERATORS),
      value: z
        .array(z.string().max(64))
        .min(1)
        .max(16)
        .readonly()
        .describe('a single one may stand without its list'),
    }),
    16,
  )
    .exactOptional()
    .describe('all must hold'),
  team: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('only the members of this team are asked and counted'),
  timeout_ms: z
    .int()
    .min(100)
    .max(60_000)
    .exactOptional()
    .describe('milliseconds, at most; absent: query.timeout_ms of the configuration'),
})
