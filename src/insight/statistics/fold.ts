// Adds rollups up, and sorts what comes out by how much it was used.
import { dayOfLocalHour, weekdayOf } from '../../base/calendar.ts'
import { type CategoryTally, GUARD_OUTCOMES, type Rollup, type Tally } from '../../store/rollups/types.ts'

export interface Folded {
  readonly total: Tally & { readonly duration_ms: number }
  /** Most used first, then by name. */
  readonly categories: readonly (CategoryTally & { readonly category: string })[]
  readonly tools: readonly (Tally & { readonly tool: string; readonly category: string })[]
  /** 24 numbers. */
  readonly hourly: readonly number[]
  readonly risk: Rollup['risk']
  readonly guard: Rollup['guard']
  readonly generated: number
  readonly answered: number
  /** As in Rollup. */
  readonly rules: ReadonlyMap<string, number>
}

/** A year of days is tens of thousands of tallies: plain loops, and no object that is not kept. */
export function fold(rollups: readonly Rollup[]): Folded {
  const total = { count: 0, failures: 0, unknown: 0, duration_ms: 0 }
  const risk = { safe: 0, moderate: 0, high: 0, critical: 0 }
  const guard = { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 }
  let generated = 0
  let answered = 0
  const rules = new Map<string, number>()
  const hourly = new Array<number>(24).fill(0)
  const categories = new Map<
    string,
    {
      category: string
      count: number
      failures: number
      unknown: number
      duration_ms: number
      privileged?: number
    }
  >()
  const tools = new Map<
    string,
    { tool: string; category: string; count: number; failures: number; unknown: number }
  >()

  for (const rollup of rollups) {
    add(total, rollup)
    total.duration_ms += rollup.duration_ms
    for (const level of Object.keys(risk) as (keyof typeof risk)[]) risk[level] += rollup.risk[level]
    for (const outcome of GUARD_OUTCOMES) guard[outcome] += rollup.guard[outcome]
    generated += rollup.generated
    answered += rollup.answered
    for (const id in rollup.rules) rules.set(id, (rules.get(id) ?? 0) + rollup.rules[id]!)
    for (let hour = 0; hour < 24; hour++) hourly[hour]! += rollup.hourly[hour] ?? 0
    for (const category in rollup.categories) {
      const tally = rollup.categories[category]!
      const sum =
        categories.get(category) ??
        begin(categories, category, { category, count: 0, failures: 0, unknown: 0, duration_ms: 0 })
      add(sum, tally)
      sum.duration_ms += tally.duration_ms
      if (tally.privileged) sum.privileged = (sum.privileged ?? 0) + tally.privileged
    }
    for (const tool in rollup.tools) {
      const tally = rollup.tools[tool]!
      const { category } = tally
      add(tools.get(tool) ?? begin(tools, tool, { tool, category, count: 0, failures: 0, unknown: 0 }), tally)
    }
  }

  return {
    total,
    categories: byCount([...categories.values()], ({ category }) => category),
    tools: byCount([...tools.values()], ({ tool }) => tool),
    hourly,
    risk,
    guard,
    generated,
    answered,
    rules,
  }
}

/** One UTC hour since the epoch. */
export interface Hour {
  readonly hour: number
  readonly rollup: Rollup
}

export interface FoldedHours extends Folded {
  /** Commands by weekday of the owner's calendar, Monday first, 7 numbers. */
  readonly daily: readonly number[]
}

/** Like `fold`; only hours of UTC, with their local hours, say which local day a command was on. */
export function foldHours(hours: readonly Hour[]): FoldedHours {
  const daily = new Array<number>(7).fill(0)
  for (const { hour, rollup } of hours) {
    for (const [localHour, count] of rollup.hourly.entries()) {
      if (count > 0) daily[weekdayOf(dayOfLocalHour(hour, localHour))]! += count
    }
  }
  return { ...fold(hours.map(({ rollup }) => rollup)), daily }
}

function begin<T>(map: Map<string, T>, key: string, empty: T): T {
  map.set(key, empty)
  return empty
}

function add(sum: { count: number; failures: number; unknown: number }, tally: Tally): void {
  sum.count += tally.count
  sum.failures += tally.failures
  sum.unknown += tally.unknown
}

function byCount<T extends Tally>(rows: T[], name: (row: T) => string): T[] {
  return rows.sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1))
}
