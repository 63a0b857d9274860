// Folds rollups into what others may have of this node (level 1) and what its people see of themselves.
import type { NodeHealthStatus, ToolUse } from '../../protocols/messages/numbers.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../base/clock.ts'
import type { Rollup, RollupRepository } from '../store/rollups.ts'
import { fold } from './fold.ts'
import type { Insight, Statistics, TimeRange } from './index.ts'
import { DAY_MS, floorToHour, HOUR_MS, localDay, startOfLocalDay } from './time.ts'

export interface InsightDeps {
  readonly rollups: RollupRepository
  readonly clock: Clock
  readonly node: {
    readonly nodeId: NodeId
    readonly fingerprint: string
    readonly name: string
    readonly version: string
  }
}

/** Local days that each period looks back on, today included. */
const PERIOD_DAYS: Readonly<Record<Statistics['period'], number>> = {
  today: 1,
  week: 7,
  month: 30,
  year: 365,
}

export function createInsight({ rollups, clock, node }: InsightDeps): Insight {
  const startedAt = clock.monotonic()

  async function hoursOf(uids: readonly number[], range: TimeRange): Promise<Rollup[]> {
    const from = Math.floor(range.start / HOUR_MS)
    const to = Math.ceil(range.end / HOUR_MS)
    const found: Rollup[] = []
    for (const uid of uids) {
      for (const { rollup } of await rollups.hours(uid, from, to)) found.push(rollup)
    }
    return found
  }

  return {
    uids: () => rollups.uids(),

    async toolUsage(uids, range): Promise<readonly ToolUse[]> {
      return fold(await hoursOf(uids, range)).tools.map(({ tool, category, count, failures }) => ({
        tool,
        category,
        uses: count,
        failures,
      }))
    },

    async nodeHealth(): Promise<NodeHealthStatus> {
      const now = clock.now()
      // Whole hours, as everything at level 1: the last 23 to 24 and the open one.
      const range = { start: floorToHour(now) - DAY_MS + HOUR_MS, end: now + 1 }
      const { total } = fold(await hoursOf(await rollups.uids(), range))
      return {
        node_id: node.nodeId,
        fingerprint: node.fingerprint,
        name: node.name,
        version: node.version,
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1_000),
        online: true,
        last_seen: new Date(now).toISOString(),
        events_24h: total.count,
      }
    },

    async statistics(uid, period): Promise<Statistics> {
      const now = clock.now()
      const today = localDay(now)
      const first = today - PERIOD_DAYS[period] + 1
      const days = await rollups.days(uid, first, today + 1)
      const { total, categories, tools, hourly, risk } = fold(days.map(({ rollup }) => rollup))
      const daily = new Array<number>(7).fill(0)
      // 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
      for (const { day, rollup } of days) daily[(day + 3) % 7] = (daily[(day + 3) % 7] ?? 0) + rollup.count
      return {
        period,
        range: { start: startOfLocalDay(first), end: now },
        total_commands: total.count,
        unique_commands: await rollups.uniqueCommands(uid, first, today + 1),
        failures: total.failures,
        total_duration_ms: total.duration_ms,
        categories,
        tools,
        hourly,
        daily,
        by_risk_level: risk,
      }
    },
  }
}
