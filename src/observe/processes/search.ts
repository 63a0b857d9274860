// A person's processes, those that run and those that ended, by what they used most.
import { revealLevel0 } from '../../base/level0/level0.ts'
import type { ProcessRow } from '../../store/processes/processes.ts'

type ProcessSort = 'memory' | 'cpu' | 'duration' | 'started'

export interface ProcessFilter {
  /** Began then or later, ms since the epoch. Those that run are there whenever they began. */
  readonly since?: number
  /** Occurs in the name, ignoring case. */
  readonly name?: string
  readonly sort: ProcessSort
  readonly limit: number
}

export interface FoundProcess extends ProcessRow {
  readonly running: boolean
}

const USED: Readonly<Record<ProcessSort, (row: ProcessRow) => number>> = {
  memory: (row) => row.peak_rss_bytes ?? 0,
  cpu: (row) => row.cpu_ms,
  duration: (row) => row.duration_ms,
  started: (row) => row.started_at,
}

/** The largest first; `total` counts all matches. Holds at most one page of rows in addition to the result. */
export async function searchProcesses(
  running: readonly ProcessRow[],
  stored: AsyncIterable<readonly ProcessRow[]>,
  { name, sort, limit }: ProcessFilter,
): Promise<{ readonly processes: readonly FoundProcess[]; readonly total: number }> {
  const wanted = name?.toLowerCase()
  const used = USED[sort]
  const fits = (row: ProcessRow): boolean =>
    wanted === undefined || revealLevel0(row.name).toLowerCase().includes(wanted)
  // What was written of a process that still runs is older than what is known of it.
  const keyOf = ({ pid, started_at }: ProcessRow): string => `${pid} ${started_at}`
  const alive = new Set(running.map(keyOf))
  let total = 0
  let found: FoundProcess[] = []
  const add = (rows: readonly FoundProcess[]): void => {
    total += rows.length
    found = [...found, ...rows]
      .sort((a, b) => used(b) - used(a) || b.started_at - a.started_at)
      .slice(0, limit)
  }
  add(running.filter(fits).map((row) => ({ ...row, running: true })))
  for await (const page of stored) {
    const ended = page.filter((row) => !alive.has(keyOf(row)) && fits(row))
    add(ended.map((row) => ({ ...row, running: false })))
  }
  return { processes: found, total }
}
