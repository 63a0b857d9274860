// Machines that give the real numbers of tools: uses and failures of each, and of all together.
import { measuresOf } from '../../../../src/exchange/query/released.ts'
import type { Machine } from './world.ts'

/** The layout of a type of question. */
export const layoutFor = (type: string) =>
  measuresOf({} as never).find((measure) => measure.type === type)!.layout

const TOOLS = layoutFor('ToolUsage')

/** By tool how often it was used, and how often that failed. */
export type Used = Readonly<Record<string, readonly [uses: number, failures: number]>>

export function countsOf(used: Used): Machine['counts'] {
  const sum = (at: 0 | 1) => Object.values(used).reduce((all, of) => all + of[at], 0)
  const rows = Object.entries(used).flatMap(([tool, [uses, failures]]) => [
    [tool, uses] as const,
    [`failed:${tool}`, failures] as const,
  ])
  const all = [...rows, ['all:uses', sum(0)] as const, ['all:failed', sum(1)] as const]
  const rowOf = (name: string) => TOOLS.rows.findIndex((row) => row.name === name)
  return new Map([[TOOLS, new Map(all.map(([row, count]) => [rowOf(row), [count]]))]])
}
