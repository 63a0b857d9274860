// Folds rollups into what others may have of this node (level 1) and what its people see of themselves.
import type {
  ActivityPatterns,
  NodeHealthStatus,
  SafetyPosture,
  ToolUse,
} from '../../../protocols/messages/numbers.ts'
import type { PatternStat } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS, dayOfLocalHour, HOUR_MS, localDay, weekdayOf } from '../../base/calendar.ts'
import type { Rollup } from '../../store/rollups/types.ts'
import { type Folded, fold } from './fold.ts'
import { spanOf } from './periods.ts'
import { createStatistics, type StatisticsDeps } from './statistics.ts'
import { floorToHour } from './time.ts'
import type { Insight, TimeRange } from './types.ts'

export interface InsightDeps extends StatisticsDeps {
  /** The guard is on for those who use this node's configuration. */
  readonly isGuarded: () => boolean
  /** Shells that run programs while their hook says nothing, of everybody. */
  readonly silentHooks: () => readonly { readonly uid: number }[]
  readonly node: {
    readonly nodeId: NodeId
    readonly fingerprint: string
    readonly name: string
    readonly version: string
  }
}

/** The UTC hours since the epoch that a range touches: [from, to). */
const hoursIn = (range: TimeRange): { readonly from: number; readonly to: number } => ({
  from: Math.floor(range.start / HOUR_MS),
  to: Math.ceil(range.end / HOUR_MS),
})

export function createInsight({
  rollups,
  countBetween,
  isGuarded,
  silentHooks,
  clock,
  node,
}: InsightDeps): Insight {
  const startedAt = clock.monotonic()

  async function hoursOf(uids: readonly number[], range: TimeRange) {
    const { from, to } = hoursIn(range)
    const found: { hour: number; rollup: Rollup }[] = []
    for (const uid of uids) for (const hour of await rollups.hours(uid, from, to)) found.push(hour)
    return found
  }

  async function foldOf(uids: readonly number[], range: TimeRange): Promise<Folded> {
    return fold((await hoursOf(uids, range)).map(({ rollup }) => rollup))
  }

  return {
    uids: () => rollups.uids(),

    async toolUsage(uids, range): Promise<readonly ToolUse[]> {
      return (await foldOf(uids, range)).tools.map(({ tool, category, count, failures }) => ({
        tool,
        category,
        uses: count,
        failures,
      }))
    },

    async safetyPosture(uids, range): Promise<SafetyPosture> {
      const { risk, guard, generated } = await foldOf(uids, range)
      return {
        by_risk_level: risk,
        blocked: guard.blocked,
        confirmed_risky: guard.confirmed,
        karo_generated: generated,
        // The two are as of now: of the past nobody knows them.
        guarded: isGuarded(),
        hook_silent: silentHooks().some(({ uid }) => uids.includes(uid)),
      }
    },

    async activityPatterns(uids, range): Promise<ActivityPatterns> {
      const { from, to } = hoursIn(range)
      // First, because people go on typing: never more unique commands than commands.
      let unique_commands = 0
      for (const uid of uids) unique_commands += await rollups.uniqueCommandsOfHours(uid, from, to)
      const hourly = new Array<number>(24).fill(0)
      const daily = new Array<number>(7).fill(0)
      let total_commands = 0
      for (const { hour, rollup } of await hoursOf(uids, range)) {
        total_commands += rollup.count
        for (const [localHour, count] of rollup.hourly.entries()) {
          if (count === 0) continue
          hourly[localHour]! += count
          daily[weekdayOf(dayOfLocalHour(hour, localHour))]! += count
        }
      }
      return { hourly, daily, total_commands, unique_commands }
    },

    async commandPatterns(uids, range): Promise<readonly PatternStat[]> {
      return (await foldOf(uids, range)).categories.map(({ category, count, failures, duration_ms }) => ({
        category,
        count,
        failures,
        // Over all of them: one whose duration was not seen counts as none.
        avg_duration_ms: Math.round(duration_ms / count),
      }))
    },

    async nodeHealth(): Promise<NodeHealthStatus> {
      const now = clock.now()
      // Every member may have it, without anybody's consent: nothing of the open hour, and no exact number.
      const lastHour = floorToHour(now)
      const range = { start: lastHour - DAY_MS, end: lastHour }
      const { total } = await foldOf(await rollups.uids(), range)
      return {
        node_id: node.nodeId,
        fingerprint: node.fingerprint,
        name: node.name,
        version: node.version,
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1_000),
        online: true,
        last_seen: new Date(now).toISOString(),
        events_24h: rounded(total.count),
      }
    },

    periodOf(period) {
      const now = clock.now()
      return spanOf(period, localDay(now), now).range
    },

    statistics: createStatistics({ rollups, countBetween, clock }),
  }
}

/** To tens below 100, to fifties below 1000, and to two digits from there on: one command more or less does not show. */
function rounded(count: number): number {
  const step = count < 100 ? 10 : count < 1_000 ? 50 : 10 ** (String(count).length - 2)
  return Math.round(count / step) * step
}
