// What `karo stats` and a look for anomalies cost the daemon when a person has run a million commands in two years.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeId } from '../../protocols/node-id.ts'
import { systemClock } from '../../src/base/clock.ts'
import { findings } from '../../src/insight/anomalies/kinds.ts'
import { BASELINE_DAYS, lookAt } from '../../src/insight/anomalies/look.ts'
import { createInsight } from '../../src/insight/statistics/index.ts'
import { createEventRepository, type EventRepository } from '../../src/store/events/events.ts'
import { newDatabase } from '../../src/store/level/database.ts'
import { createRollupRepository } from '../../src/store/rollups/rollups.ts'
import { eventOf, positionAt } from '../support/data/events.ts'
import { NO_ANOMALIES } from '../support/data/no-anomalies.ts'
import { median } from './median.ts'

export interface StatisticsCost {
  readonly events: number
  readonly unique_commands: number
  /** The first time after the database was opened again. */
  readonly cold_ms: number
  /** Median of 40. */
  readonly statistics_ms: number
  /** The same in processor time, which other load on the machine moves less. */
  readonly statistics_cpu_ms: number
  /** `karo stats week`, median of 40. */
  readonly week_ms: number
  /** One look for anomalies at today, beside eight weeks; median of 40. */
  readonly look_ms: number
  /** The ten commands that ran most often in a year: median of 40, once the events are in memory. */
  readonly most_used_ms: number
  /** The same, asked of a database that was just opened, with nothing in memory. */
  readonly most_used_first_ms: number
  /** First page of a search for a word, all matches counted: median of 40, once the events are in memory. */
  readonly search_ms: number
  /** The same, asked of a database that was just opened, with nothing in memory. */
  readonly search_first_ms: number
}

const BATCH = 2000
/** A year, and the year it is compared with. */
const DAYS = 730
const MS_PER_DAY = 86_400_000

/** `events` spread evenly over two years, one in ten a new command, forty tools. */
export async function measureStatistics(events = 1_000_000): Promise<StatisticsCost> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-statistics-'))
  try {
    const writing = newDatabase(directory)
    await writing.open()
    const repository = createEventRepository(writing)
    const date = new Date()
    const today = Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / MS_PER_DAY)
    const first = Date.now() - DAYS * MS_PER_DAY
    for (let i = 0; i < events; i += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, events - i) }, (_, j) => {
        const n = i + j
        const part = n / events
        return eventOf(0, {
          start_us: Math.floor((first + part * DAYS * MS_PER_DAY) * 1000),
          tag: n,
          command: n % 10 === 0 ? `git commit -m ${n}` : `tool${n % 40} --argument ${(n * 7) % 5000}`,
          tool: `tool${n % 40}`,
          exit_code: n % 13 === 0 ? 1 : 0,
          local: { day: today - DAYS + 1 + Math.floor(part * DAYS), hour: n % 24 },
        })
      })
      await repository.ingest({ events: batch, position: positionAt(i), dropped: 0 })
    }
    await writing.close()

    const db = newDatabase(directory)
    await db.open()
    const node = { nodeId: 'karo:ed25519:' as NodeId, fingerprint: '', name: '', version: '' }
    const insight = createInsight({
      rollups: createRollupRepository(db),
      countBetween: createEventRepository(db).countBetween,
      guardAllowed: () => false,
      hookedShells: () => [],
      silentHooks: () => [],
      clock: systemClock,
      node,
      anomalies: NO_ANOMALIES,
    })
    const times: number[] = []
    const busy: number[] = []
    let unique = 0
    for (let i = 0; i < 40; i++) {
      const began = performance.now()
      const beganCpu = process.cpuUsage()
      const statistics = await insight.statistics(1000, 'year')
      const { user, system } = process.cpuUsage(beganCpu)
      times.push(performance.now() - began)
      busy.push((user + system) / 1000)
      const { total_commands, before } = statistics
      if (before === null || Math.abs(total_commands / events - 0.5) > 0.01)
        throw new Error('the statistics do not count both years')
      unique = statistics.unique_commands
    }
    const week = await timed(() => insight.statistics(1000, 'week'))
    const rollups = createRollupRepository(db)
    const look = await timed(async () => {
      const days = await rollups.days(1000, today - BASELINE_DAYS, today + 1)
      return findings(await lookAt(rollups, 1000, today, Date.now(), [], days))
    })
    const { start } = insight.periodOf('year')
    const mostUsed = (of: EventRepository) => of.mostUsed(1000, start, Date.now(), 10)
    const search = (of: EventRepository) => of.search(1000, { words: ['commit', '77'], limit: 50 })
    // A repository of its own has nothing in memory, as that of a daemon in the seconds after its start.
    const most_used_first_ms = await once(() => mostUsed(createEventRepository(db)))
    const search_first_ms = await once(() => search(createEventRepository(db)))
    const reading = createEventRepository(db)
    await reading.prepareSearch()
    const most_used_ms = await timed(() => mostUsed(reading))
    const search_ms = await timed(() => search(reading))
    await db.close()
    return {
      events,
      unique_commands: unique,
      cold_ms: times[0]!,
      statistics_ms: median(times),
      statistics_cpu_ms: median(busy),
      week_ms: week,
      look_ms: look,
      most_used_ms,
      most_used_first_ms,
      search_ms,
      search_first_ms,
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Milliseconds, the median of 40 times. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 40; i++) times.push(await once(work))
  return median(times)
}

/** Milliseconds. */
async function once(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
