// The only door from level 0 to level 1: folds rollups into what others may have of this node and what its people see of themselves.
import type { NodeHealthStatus } from '../../../protocols/messages/numbers.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import { type NumbersDeps, numbersOf } from './numbers.ts'
import { createStatistics, type StatisticsDeps, spanOf } from './statistics.ts'
import { floorToHour } from './time.ts'
import type { Insight } from './types.ts'

export { floorToHour, widenToHours } from './time.ts'
export type * from './types.ts'

interface InsightDeps extends StatisticsDeps, NumbersDeps {
  readonly node: {
    readonly nodeId: NodeId
    readonly fingerprint: string
    readonly name: string
    readonly version: string
  }
}

export function createInsight(deps: InsightDeps): Insight {
  const { rollups, clock, node } = deps
  const startedAt = clock.monotonic()

  return {
    uids: () => rollups.uids(),
    during: (range, care) => numbersOf(deps, range, care),

    async recordedSince(uids) {
      const hours = await Promise.all(uids.map((uid) => rollups.firstHour(uid)))
      const first = Math.min(...hours.filter((hour) => hour !== undefined))
      return first === Number.POSITIVE_INFINITY ? undefined : first * HOUR_MS
    },

    anomaliesKnownSince: (uids) => deps.anomalies.knownSince(uids),

    async nodeHealth(): Promise<NodeHealthStatus> {
      const now = clock.now()
      // Every member may have it, without anybody's consent: nothing of the open hour, and no exact number.
      const lastHour = floorToHour(now)
      const range = { start: lastHour - DAY_MS, end: lastHour }
      const patterns = await numbersOf(deps, range).commandPatterns(await rollups.uids())
      return {
        node_id: node.nodeId,
        fingerprint: node.fingerprint,
        name: node.name,
        version: node.version,
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1_000),
        online: true,
        last_seen: new Date(now).toISOString(),
        events_24h: rounded(patterns.reduce((sum, { count }) => sum + count, 0)),
      }
    },

    periodOf: (period) => spanOf(period, clock.now()).range,

    statistics: createStatistics(deps),
  }
}

/** To tens below 100, to fifties below 1000, and to two digits from there on: one command more or less does not show. */
function rounded(count: number): number {
  const step = count < 100 ? 10 : count < 1_000 ? 50 : 10 ** (String(count).length - 2)
  return Math.round(count / step) * step
}
