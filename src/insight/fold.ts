// Adds rollups up, and sorts what comes out by how much it was used.
import type { Rollup, Tally } from '../store/rollups.ts'

export interface Folded {
  readonly total: Tally & { readonly duration_ms: number }
  /** Most used first, then by name. */
  readonly categories: readonly (Tally & { readonly category: string })[]
  readonly tools: readonly (Tally & { readonly tool: string; readonly category: string })[]
  /** 24 numbers. */
  readonly hourly: readonly number[]
  readonly risk: Rollup['risk']
}

export function fold(rollups: readonly Rollup[]): Folded {
  const total = { count: 0, failures: 0, duration_ms: 0 }
  const risk = { safe: 0, moderate: 0, high: 0, critical: 0 }
  const hourly = new Array<number>(24).fill(0)
  const categories = new Map<string, { category: string; count: number; failures: number }>()
  const tools = new Map<string, { tool: string; category: string; count: number; failures: number }>()

  for (const rollup of rollups) {
    add(total, rollup)
    total.duration_ms += rollup.duration_ms
    for (const level of Object.keys(risk) as (keyof typeof risk)[]) risk[level] += rollup.risk[level]
    for (const [hour, count] of rollup.hourly.entries()) hourly[hour] = (hourly[hour] ?? 0) + count
    for (const [category, tally] of Object.entries(rollup.categories)) {
      add(entry(categories, category, { category, count: 0, failures: 0 }), tally)
    }
    for (const [tool, tally] of Object.entries(rollup.tools)) {
      add(entry(tools, tool, { tool, category: tally.category, count: 0, failures: 0 }), tally)
    }
  }

  return {
    total,
    categories: byCount([...categories.values()], ({ category }) => category),
    tools: byCount([...tools.values()], ({ tool }) => tool),
    hourly,
    risk,
  }
}

function entry<T>(map: Map<string, T>, key: string, empty: T): T {
  const found = map.get(key)
  if (found !== undefined) return found
  map.set(key, empty)
  return empty
}

function add(sum: { count: number; failures: number }, tally: Tally): void {
  sum.count += tally.count
  sum.failures += tally.failures
}

function byCount<T extends Tally>(rows: T[], name: (row: T) => string): T[] {
  return rows.sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1))
}
