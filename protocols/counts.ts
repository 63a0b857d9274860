// Checks whether the counts that a node claims are possible: contradictory or impossible counts are added to nothing.
import type { ActivityPatterns, SafetyCounts, ToolUse } from './messages/numbers.ts'

/**
 * The most of anything one node may claim: thirty thousand commands a second for a year. Sums over eight thousand such
 * nodes are still exact in a double.
 */
export const COUNT_MAX = 2 ** 40

/** Whether no count is more than anybody may claim. */
export const bounded = (...counts: readonly number[]): boolean => counts.every((count) => count <= COUNT_MAX)
const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** Rows that each count one thing, `failures` and `unknown` apart among `count`; `previous` is of the period before. */
export function possibleRows(
  rows: readonly {
    readonly name: string
    readonly count: number
    readonly failures: number
    readonly unknown: number
    readonly previous?: number | undefined
  }[],
): boolean {
  return (
    new Set(rows.map(({ name }) => name)).size === rows.length &&
    rows.every(
      ({ count, failures, unknown, previous = 0 }) => failures + unknown <= count && bounded(count, previous),
    )
  )
}

export const possibleTools = (
  tools: readonly (ToolUse & { readonly previous?: number | undefined })[],
): boolean => possibleRows(tools.map(({ tool, uses, ...row }) => ({ ...row, name: tool, count: uses })))

/** `filtered`: risk levels may have been left out, so that parts need not be of their whole. */
export function possibleSafety(
  { by_risk_level, blocked, confirmed_risky, declined = 0, karo_generated }: SafetyCounts,
  filtered = false,
): boolean {
  const levels = Object.values(by_risk_level)
  return (
    bounded(...levels, blocked, confirmed_risky, declined, karo_generated) &&
    (filtered || karo_generated <= total(levels))
  )
}

export function possibleActivity({
  hourly,
  daily,
  total_commands,
  unique_commands,
}: ActivityPatterns): boolean {
  return (
    bounded(total_commands) &&
    unique_commands <= total_commands &&
    total(hourly) === total_commands &&
    total(daily) === total_commands
  )
}

/**
 * How many of `machines` are in each state. Null: not told; where the told ones are all machines, none is in the others.
 * `machines` undefined: how many there are in all is not known so well.
 */
export const statesOf = <S extends string>(
  names: readonly S[],
  told: (name: S) => number | null,
  machines: number | undefined,
): Readonly<Record<S, number | null>> => {
  const counts = names.map((name) => [name, told(name)] as const)
  const sum = counts.reduce((all, [, count]) => all + (count ?? 0), 0)
  const areAll = machines !== undefined && machines > 0 && sum >= machines
  return Object.fromEntries(counts.map(([name, count]) => [name, count ?? (areAll ? 0 : null)])) as Record<
    S,
    number | null
  >
}
