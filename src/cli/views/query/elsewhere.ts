// Compares a team with the machines beside it: the same rates of both, out of what was released.
import type { QueryDataOf, QueryResult } from '../../../api/contract/shapes.ts'
import { percent } from './view.ts'

/** What is compared of a type: a name, and how it reads; undefined: it cannot be known, because a part of it is not told. */
type Rates = readonly (readonly [name: string, value: string | undefined])[]

const share = (part: number | null, whole: number | null): string | undefined =>
  part === null || whole === null || whole === 0 ? undefined : part === 0 ? '0 %' : percent(part / whole)

const each = (sum: number | null, machines: number): string | undefined =>
  sum === null || machines === 0 ? undefined : String(Math.round((sum / machines) * 10) / 10)

const total = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0)

/** Of all tools where that is known, else of those that are shown, if all of theirs is. */
function tools({ tools: rows, all }: QueryDataOf<'ToolUsage'>): Rates {
  const failures = rows.map(({ uses, failure_rate }) => (failure_rate === null ? null : uses * failure_rate))
  return all === undefined
    ? [['failures', share(total(failures), total(rows.map(({ uses }) => uses)))]]
    : [['failures', share(all.failures, all.uses - (all.unknown ?? 0))]]
}

/** The least: a period or a machine that does not tell high or critical commands may have some. */
function safety({ by_risk_level: { high, critical }, commands }: QueryDataOf<'SafetyPosture'>): Rates {
  const risky = high === null && critical === null ? null : (high ?? 0) + (critical ?? 0)
  const rate = share(risky, commands ?? null)
  return [['risky commands', rate === undefined ? undefined : `at least ${rate}`]]
}

const RATES: Readonly<Record<string, (data: never, machines: number) => Rates>> = {
  ToolUsage: tools,
  SafetyPosture: safety,
  ActivityPatterns: ({ total_commands }: QueryDataOf<'ActivityPatterns'>, machines) => [
    ['commands a machine', each(total_commands, machines)],
  ],
  Anomalies: ({ signals }: QueryDataOf<'Anomalies'>, machines) => [
    ['anomalies a machine', each(total(signals.map(({ count }) => count)), machines)],
  ],
}

/** `ops: failures 15 % against 2 % elsewhere (18 machines)`; empty where nothing is known of both. */
export function elsewhereRows({ query_type, data, released, elsewhere }: QueryResult): readonly string[] {
  const rates = RATES[query_type]
  if (rates === undefined || elsewhere === undefined || released?.team === undefined) return []
  const { name, machines } = released.team
  const theirs = rates(elsewhere.data as never, elsewhere.machines)
  const said = rates(data as never, machines).flatMap(([rate, own], at) => {
    const other = theirs[at]?.[1]
    return own === undefined || other === undefined ? [] : [`${rate} ${own} against ${other} elsewhere`]
  })
  const beside = `${elsewhere.machines} ${elsewhere.machines === 1 ? 'machine' : 'machines'}`
  return said.length === 0 ? [] : [`${name}: ${said.join(', ')} (${beside})`]
}
