// Adds rollups up, and sorts what comes out by how much it was used.
import { dayOfLocalHour, weekdayOf } from '../../base/calendar.ts'
import { addCounts, emptyRollup } from '../../store/rollups/count.ts'
import type { CategoryTally, Rollup, Tally } from '../../store/rollups/types.ts'

/** The sum, with its names in order: most used first, then by name. */
export interface Folded extends Omit<Rollup, 'categories' | 'tools'> {
  readonly categories: readonly (CategoryTally & { readonly category: string })[]
  readonly tools: readonly (Tally & { readonly tool: string; readonly category: string })[]
}

export function fold(rollups: readonly Rollup[]): Folded {
  const sum = emptyRollup()
  for (const rollup of rollups) addCounts(sum, rollup)
  const categories = Object.entries(sum.categories).map(([category, tally]) => ({ category, ...tally }))
  const tools = Object.entries(sum.tools).map(([tool, tally]) => ({ tool, ...tally }))
  return {
    ...sum,
    categories: byCount(categories, ({ category }) => category),
    tools: byCount(tools, ({ tool }) => tool),
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

function byCount<T extends Tally>(rows: T[], name: (row: T) => string): T[] {
  return rows.sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1))
}
