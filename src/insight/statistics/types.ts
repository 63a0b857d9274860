// The shapes that the statistics room shows to other rooms, apart from the code that makes them.
import type {
  ActivityPatterns,
  AnomalyCounts,
  NodeHealthStatus,
  SafetyCounts,
  SafetyPosture,
  ToolUse,
} from '../../../protocols/messages/numbers.ts'
import type { PatternStat } from '../../../protocols/messages/summary.ts'
import type { Rollup } from '../../store/rollups/types.ts'

export interface TimeRange {
  /** Milliseconds since the epoch, inclusive. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** Beside how often in the period before: null where that is not known. */
interface Compared {
  readonly count: number
  readonly failures: number
  /** Commands whose exit code is not known; none of them is in `failures`. */
  readonly unknown: number
  readonly previous: number | null
  /** A ratio, 0.5 for half as many again; null also when there were none before. */
  readonly change: number | null
}

/** Numbers that a period and the one before it have. */
interface Totals {
  readonly range: TimeRange
  readonly total_commands: number
  readonly failures: number
  /** Commands whose exit code is not known; none of them is in `failures`. */
  readonly unknown: number
  readonly total_duration_ms: number
  readonly by_risk_level: Rollup['risk']
  /** The guard's decisions. Lines that it stopped are no commands. */
  readonly guard: Rollup['guard']
  /** Of all commands, those that a program typed on the person's behalf. */
  readonly generated: number
  /** Of all commands, those that `karo ask` had given as an answer. */
  readonly answered: number
}

export interface Failing {
  readonly tool: string
  readonly category: string
  readonly count: number
  readonly failures: number
  /** Commands whose exit code is not known; none of them is in `failures`. */
  readonly unknown: number
  /** Of those whose exit code is known. */
  readonly rate: number
  readonly previous_rate: number | null
  /** The failure rate rose by more than chance explains. */
  readonly rose: boolean
}

/** The numbers of `karo stats --json` for one person. Days and hours are those of the machine's calendar. */
export interface Statistics extends Totals {
  readonly period: 'today' | 'week' | 'month' | 'year'
  readonly unique_commands: number
  readonly categories: readonly (Compared & { readonly category: string })[]
  readonly tools: readonly (Compared & { readonly tool: string; readonly category: string })[]
  /** Commands by hour of the day, local time of the machine. */
  readonly hourly: readonly number[]
  /** Monday first. */
  readonly daily: readonly number[]
  /** The two together: seven weekdays of 24 hours. */
  readonly heat: readonly (readonly number[])[]
  /** In order, without gaps; `start` in ms since the epoch. */
  readonly timeline: {
    readonly unit: 'hour' | 'day' | 'week'
    readonly points: readonly { readonly start: number; readonly count: number }[]
  }
  /** At most five. */
  readonly failing: readonly Failing[]
  /** The day with the most commands, `2026-11-20`. */
  readonly busiest: { readonly date: string; readonly count: number } | null
  /** Days with commands. */
  readonly active_days: number
  /** Days in a row with commands, of the last year: up to now, and the most there were. */
  readonly streak: { readonly current: number; readonly longest: number }
  /** The first day there are numbers of, `2026-11-20`. */
  readonly recorded_since: string | null
  /** Change of total_commands, as a ratio. */
  readonly change: number | null
  /** The period of the same length before, up to the same time of day; null when not all of it was recorded. */
  readonly before: Totals | null
}

/**
 * Level 1 numbers of one range, summed over `uids`. The hours of a person are read once and those of the same people
 * folded once, however many numbers are asked for: all are of the same moment. It is made for one answer or summary.
 */
export interface Numbers {
  /** Uses per public tool name. */
  toolUsage(uids: readonly number[]): Promise<readonly ToolUse[]>
  /** Commands above `safe` by the id of the rule that gave them their level; those of before Karo kept rules are in none. */
  riskRules(uids: readonly number[]): Promise<ReadonlyMap<string, number>>
  /** Commands that ran as another user, by category. */
  privilegedUse(uids: readonly number[]): Promise<ReadonlyMap<string, number>>
  /** Commands by level of risk, and what the guard did. */
  safetyCounts(uids: readonly number[]): Promise<SafetyCounts>
  /** The same, and how these people's shells are looked after now. */
  safetyPosture(uids: readonly number[]): Promise<SafetyPosture>
  /** When people work, by the owner's clock; unique commands of several people are added up. */
  activityPatterns(uids: readonly number[]): Promise<ActivityPatterns>
  /** Signals of anomalies that began in the range, by type, severity and hour of UTC. */
  anomalies(uids: readonly number[]): Promise<AnomalyCounts>
  /** Commands, failures and mean duration by category. */
  commandPatterns(uids: readonly number[]): Promise<readonly PatternStat[]>
}

/** How shells are looked after now, by the people asked about. */
export type ShellCare = Map<string, Promise<Pick<SafetyPosture, 'guard' | 'hook'>>>

export interface Insight {
  /** uids that have any events here; each consents for itself. */
  uids(): Promise<readonly number[]>
  /** The beginning of the first hour of UTC that has records of one of `uids`, ms since the epoch; undefined: none has. */
  recordedSince(uids: readonly number[]): Promise<number | undefined>
  /** Since when anomalies of any of `uids` are known, ms since the epoch; undefined: of none of them. */
  anomaliesKnownSince(uids: readonly number[]): Promise<number | undefined>
  /**
   * Level 1 numbers of `range`, whole UTC hours. Nothing is read before one of them is asked for. `care`: what was found
   * of how shells are looked after now, for whoever reads many ranges at once; it is added to.
   */
  during(range: TimeRange, care?: ShellCare): Numbers
  /** No person's data: this node's name, version, uptime and number of events in 24 h. */
  nodeHealth(): Promise<NodeHealthStatus>
  /** The span of a period that ends now. */
  periodOf(period: Statistics['period']): TimeRange
  /** One person's statistics, shown to that person alone. */
  statistics(uid: number, period: Statistics['period']): Promise<Statistics>
}
