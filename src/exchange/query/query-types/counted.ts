// Measures that are one count by names of a public dictionary: all of such a number but what it counts, and who may know it.
import { bounded } from '../../../../protocols/counts.ts'
import type { CountedRows } from '../../../../protocols/messages/numbers.ts'
import { byText } from '../../../base/by-text.ts'
import type { Numbers } from '../../../insight/statistics/index.ts'
import type { QueryAction } from '../../../trust/policy/index.ts'
import { defineMeasure } from './measure.ts'
import { type Cells, liveSums, type Sums } from './sums.ts'
import { type CountedType, type Filtered, unknownIn } from './type.ts'

interface CountedMeasure {
  readonly word: string
  readonly meaning: string
  readonly title: string
  readonly action: QueryAction
  /** Grows when rows are of another meaning under the same names. */
  readonly version: number
  /** What a name is (`category`), and all that are ever told; `other` among them stands for every other name. */
  readonly names: { readonly are: string; readonly all: readonly string[] }
  /** What is counted: the heading of a column. */
  readonly counts: string
  /** The counts of people in a span, by name. */
  take(numbers: Numbers, uids: readonly number[]): Promise<Cells>
}

const OTHER = 'other'
/** The sum of all names, of a family of its own, because other types may show what they add up to. */
const ALL = 'all:names'

export function defineCounted(type: CountedType, { names, version, counts, take, ...row }: CountedMeasure) {
  const known = new Set(names.all)
  /** No name that is not public leaves a node, nor is one believed that comes from another. */
  const cellsOf = (rows: Iterable<readonly [name: string, count: number]>): Cells => {
    const cells = new Map<string, number>([[ALL, 0]])
    for (const [name, count] of rows)
      for (const cell of [known.has(name) ? name : OTHER, ALL])
        cells.set(cell, count + (cells.get(cell) ?? 0))
    return cells
  }
  const pairs = (rows: CountedRows) => rows.map(({ name, count }) => [name, count] as const)
  const listOf = (sums: Sums): CountedRows =>
    sums.rows.flatMap((name) => (name === ALL ? [] : [{ name, count: sums.value(name) ?? 0 }]))
  const isPossible = (rows: CountedRows): boolean =>
    new Set(rows.map(({ name }) => name)).size === rows.length && bounded(...rows.map(({ count }) => count))
  const rowsIn = (sums: Sums) =>
    sums.rows
      .filter((name) => name !== ALL && sums.value(name) !== 0)
      .map((name) => ({
        name,
        count: sums.value(name) ?? 0,
        nodes: sums.nodes(name),
        change: sums.change(name),
      }))
      .sort((a, b) => b.count - a.count || byText(a.name, b.name))
  const left = ({ all }: Filtered, rows: CountedRows): CountedRows => rows.filter(({ name }) => all({ name }))

  return defineMeasure(type, {
    ...row,
    headings: { name: names.are, count: counts },
    fields: {
      name: { kind: 'text', applied: 'owners', meaning: names.are, values: names.all },
      count: { kind: 'number', applied: 'here', meaning: `${counts} over all nodes` },
      nodes: { kind: 'number', applied: 'here', meaning: 'nodes that had any' },
      change: { kind: 'number', applied: 'here', meaning: 'more than in the period before' },
    },
    take: async (numbers, uids) => cellsOf(await take(numbers, uids)),
    cells: (cells) => cells,
    dataOf: (now, before) => ({
      query_type: type,
      rows: listOf(now),
      previous: before && listOf(before),
    }),
    counted({ rows, previous }) {
      const now = cellsOf(pairs(rows))
      const none = [...now.keys()].map((name) => [name, 0] as const)
      return { now, before: previous && new Map([...none, ...cellsOf(pairs(previous))]) }
    },
    plausible: ({ rows, previous = [] }) => isPossible(rows) && isPossible(previous),
    filterNode: ({ previous, ...data }, filtered) => ({
      ...data,
      rows: left(filtered, data.rows),
      previous: previous && left(filtered, previous),
    }),
    read: (sums) => ({ rows: rowsIn(sums), all: sums.isWhole(ALL) ? sums.value(ALL) : null }),
    filterResult: ({ rows, all }, filtered) => ({
      rows: rows.filter((one) => filtered.all({ ...one })),
      all: filtered.filters.length === 0 ? all : null,
    }),
    unknownTo: ({ rows }, filtered) => unknownIn(rows, filtered),
    perNode({ rows }, merged) {
      const shown = new Set(merged.rows.map(({ name }) => name))
      return {
        counted: rowsIn(liveSums([{ now: cellsOf(pairs(rows)) }])).filter(({ name }) => shown.has(name)),
      }
    },
    summary: {
      of(cells) {
        const rows = listOf(liveSums([{ now: cells }])).filter(({ count }) => count > 0)
        return rows.length === 0 ? {} : { counted: [{ query_type: type, rows }] }
      },
      read({ counted }) {
        const own = counted?.find(({ query_type }) => query_type === type)
        return own && cellsOf(pairs(own.rows))
      },
    },
    rows: {
      version,
      counts: 'count',
      names: [...names.all, ALL],
      familyOf: (name) => (name === ALL ? ALL : 'names'),
    },
    schemas({ z }) {
      const count = (what: string) => z.int().min(0).describe(what)
      const counted = z
        .array(
          z.strictObject({
            name: z.string().max(32).describe('a public name; `other` stands for all others'),
            count: count('how often'),
            nodes: count('nodes that had any, this one included'),
            change: z
              .int()
              .nullable()
              .describe('more than in the period before, of the nodes that know both; null: of none'),
          }),
        )
        .max(256)
        .readonly()
      const all = count('of all names, those that are not told too; null: not told, or filtered').nullable()
      return { result: z.strictObject({ rows: counted, all }).meta({ id: type }), part: { counted } }
    },
  })
}
