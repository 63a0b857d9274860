// The only door from level 0 to level 1: everything here is folded from rollups and the public dictionary.
import type {
  ActivityPatterns,
  NodeHealthStatus,
  SafetyPosture,
  ToolUse,
} from '../../protocols/messages/numbers.ts'
import type { PatternStat } from '../../protocols/messages/summary.ts'

export interface TimeRange {
  /** Milliseconds since the epoch, inclusive. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** The numbers of `karo stats --json` for one person. */
export interface Statistics {
  readonly period: 'today' | 'week' | 'month' | 'year'
  readonly range: TimeRange
  readonly total_commands: number
  readonly unique_commands: number
  readonly failures: number
  readonly total_duration_ms: number
  readonly categories: readonly { category: string; count: number; failures: number }[]
  readonly tools: readonly { tool: string; category: string; count: number; failures: number }[]
  /** Commands by hour of the day, local time of the machine. */
  readonly hourly: readonly number[]
  /** Monday first. */
  readonly daily: readonly number[]
  readonly by_risk_level: Readonly<Record<'safe' | 'moderate' | 'high' | 'critical', number>>
}

export interface Insight {
  /** uids that have any events here; each consents for itself. */
  uids(): Promise<readonly number[]>
  /** Level 1: uses per public tool name, summed over `uids`, hours of `range` (whole UTC hours). */
  toolUsage(uids: readonly number[], range: TimeRange): Promise<readonly ToolUse[]>
  /** Level 1: likewise, by level of risk. */
  safetyPosture(uids: readonly number[], range: TimeRange): Promise<SafetyPosture>
  /** Level 1: likewise, when people work, by the owner's clock; unique commands of several people are added up. */
  activityPatterns(uids: readonly number[], range: TimeRange): Promise<ActivityPatterns>
  /** Level 1: likewise, commands, failures and mean duration by category. */
  commandPatterns(uids: readonly number[], range: TimeRange): Promise<readonly PatternStat[]>
  /** No person's data: this node's name, version, uptime and number of events in 24 h. */
  nodeHealth(): Promise<NodeHealthStatus>
  /** For the person themself. */
  statistics(uid: number, period: Statistics['period']): Promise<Statistics>
}

export { createInsight } from './insight.ts'
export { floorToHour, widenToHours } from './time.ts'
