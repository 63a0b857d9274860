// Level 1 numbers: what one node's people did in a span of whole hours, in words of the public dictionary only.
import * as z from 'zod'
import { COUNTED_TYPES } from './counted-types.ts'
import { hex, label, listOf, nodeId, publicName, timestamp, uint } from './fields.ts'
import { SETTINGS_MAX } from './policy.ts'

const toolUse = z.object({
  tool: publicName(32).describe('from the public dictionary of tools; everything else is `other`'),
  category: publicName(24),
  uses: uint(),
  failures: uint(),
  unknown: uint().describe('uses whose exit code is not known, apart from `failures`'),
})
export type ToolUse = z.infer<typeof toolUse>

/** The public dictionary and what other versions add to it. */
const TOOLS_MAX = 512

export const toolUsage = z.object({ tools: listOf(toolUse, TOOLS_MAX) })

const comparedToolUse = toolUse.extend({
  previous: uint()
    .optional()
    .describe(
      'uses in the period of the same length before; a tool used only then has 0 uses. Absent in all rows: the records do not reach back',
    ),
})
export type ComparedToolUse = z.infer<typeof comparedToolUse>

/** Tool usage in a live answer: with the uses of the period before, if the owner compared. */
const comparedToolUsage = z.object({ tools: listOf(comparedToolUse, TOOLS_MAX) })

/** The main source's SafetyStats. */
const safetyCounts = z.object({
  by_risk_level: z.object({ safe: uint(), moderate: uint(), high: uint(), critical: uint() }),
  blocked: uint(),
  confirmed_risky: uint(),
  declined: uint().optional().describe('asked about, and not run; absent: not told'),
  karo_generated: uint(),
})
export type SafetyCounts = z.infer<typeof safetyCounts>

export const GUARD_STATES = ['on', 'partly', 'off', 'unknown'] as const
export type GuardState = (typeof GUARD_STATES)[number]
export const HOOK_STATES = ['on', 'silent', 'none'] as const
export type HookState = (typeof HOOK_STATES)[number]

/** With the members that show how well a node is looked after; both are of now, not of the range. */
export const safetyPosture = safetyCounts.extend({
  guard: z
    .enum(GUARD_STATES)
    .describe(
      'whether the guard looked at lines in the last seven days: `on` for all people who typed anything, `partly` for some of them, `off` for none; `unknown`: nobody typed anything',
    ),
  hook: z
    .enum(HOOK_STATES)
    .describe(
      '`silent`: a shell with the hook runs commands that are not recorded; `none`: no shell has the hook, and nothing was recorded in seven days',
    ),
})
export type SafetyPosture = z.infer<typeof safetyPosture>

/** The main source's ActivityPattern. */
export const activityPatterns = z.object({
  hourly: z.array(uint()).length(24).readonly().describe("by hour of the owner's day"),
  daily: z.array(uint()).length(7).readonly().describe("by day of the owner's week, Monday first"),
  total_commands: uint(),
  unique_commands: uint(),
})
export type ActivityPatterns = z.infer<typeof activityPatterns>

/** Fetches of released totals that one node tells. */
export const FETCHES_MAX = 32

const time = (what: string) => z.iso.datetime({ precision: 3 }).describe(`RFC 3339 UTC, ${what}`)

export const releaseFetch = z.object({
  node: nodeId().describe('the node that fetched them'),
  operator: nodeId()
    .optional()
    .describe('the key of the operator who asked through that node; absent: the node asked'),
  operator_name: label(64).optional(),
  audience: label(64).describe('the role that the totals are for'),
  query_type: label(48).describe('the type of the question'),
  start: time('start of the asked time'),
  end: time('end of it, exclusive'),
  hour: time('the beginning of the hour in which they were fetched'),
})
export type ReleaseFetch = z.infer<typeof releaseFetch>

/** What a node says about the signed settings of its fleet. */
const settingsFollowed = z.object({
  edition: uint().describe('number of the policy bundle in force there'),
  refused: listOf(publicName(64), SETTINGS_MAX).describe('keys of it that the machine does not follow'),
  problem: label(300).optional().describe('why a newer bundle is not in force there'),
})

/** No person's data; the same shape in `karo query health --json`. */
export const nodeHealthStatus = z.object({
  node_id: nodeId(),
  fingerprint: hex(16).describe('16 hex digits'),
  name: label(64),
  version: label(32),
  uptime_seconds: uint(),
  online: z.boolean(),
  last_seen: z.iso.datetime({ precision: 3 }).describe('RFC 3339 UTC'),
  events_24h: uint().describe('commands of the 24 hours before the last full hour, rounded'),
  fetched: listOf(releaseFetch, FETCHES_MAX)
    .optional()
    .describe(
      'who fetched released totals from it in the last 30 days, the newest first; absent: it does not say',
    ),
  settings: settingsFollowed
    .optional()
    .describe('settings of the fleet; absent: none came, or it does not say'),
})
export type NodeHealthStatus = z.infer<typeof nodeHealthStatus>

const BEFORE = 'the same of the period of equal length before; absent: the records do not reach back'

/** Kinds of anomaly, their grades and hours, and those of a few releases more. */
const SIGNALS_MAX = 512

/** Of one row; others are left out. */
export const SUBJECTS_MAX = 8

const signalCount = z.object({
  type: publicName(32).describe('kind of anomaly, as `karo anomalies` names it'),
  severity: uint(10).min(1).describe('1 to 10, the strongest so far'),
  count: uint().describe('signals of that type and severity'),
})
export type SignalCount = z.infer<typeof signalCount>

/**
 * The main source's AnomalySignal: that something in a person's counts was unusual for that person. It holds no text, no
 * command, and the name of a tool only with consent to that category too.
 */
const anomalySignal = signalCount.extend({
  hour: timestamp('the beginning of the hour of UTC in which they began'),
  subjects: listOf(publicName(32), SUBJECTS_MAX)
    .optional()
    .describe('tools or categories that they are about'),
})
export type AnomalySignal = z.infer<typeof anomalySignal>

export const anomalies = z.object({
  signals: listOf(anomalySignal, SIGNALS_MAX).describe('each signal once, where it began'),
  learning: z
    .boolean()
    .describe(
      'somebody there has too few days with commands to compare with, so most types cannot be found yet; of now, not of the range',
    ),
})
export type AnomalyCounts = z.infer<typeof anomalies>

/** Names of a public dictionary, and how often each was counted. Absent: none. */
export const countedRows = listOf(z.object({ name: publicName(32), count: uint() }), 256)
export type CountedRows = z.infer<typeof countedRows>

/**
 * The numbers that a live answer can carry: one member for each type of question whose numbers have a shape of their own, and
 * one for all whose numbers are counted rows. The name of a type is on the wire from its first release on.
 */
export const answerData = z.discriminatedUnion('query_type', [
  comparedToolUsage.extend({ query_type: z.literal('ToolUsage') }),
  z.object({
    query_type: z.literal('SafetyPosture'),
    safety: safetyPosture,
    previous: safetyCounts.optional().describe(BEFORE),
  }),
  z.object({
    query_type: z.literal('ActivityPatterns'),
    activity: activityPatterns,
    previous: z.object({ total_commands: uint() }).optional().describe(BEFORE),
  }),
  z.object({
    query_type: z.literal('Anomalies'),
    anomalies,
    previous: listOf(signalCount, SIGNALS_MAX).optional().describe(BEFORE),
  }),
  z.object({ query_type: z.literal('NodeHealth'), health: nodeHealthStatus }),
  z.object({
    query_type: z.enum(COUNTED_TYPES),
    rows: countedRows,
    previous: countedRows.optional().describe(BEFORE),
  }),
])
