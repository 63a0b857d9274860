// What was released of one kind of numbers, period by period: rows added up over batches, and periods paired with earlier ones.
import type { BucketTotals, TotalRow } from '../totals/types.ts'
import type { Change, Figure, Span } from './types.ts'

/** One closed period with all its batches. */
export interface Period {
  readonly start: number
  readonly end: number
  /** Machines in the sums. */
  readonly machines: number
  /** Of a row that is not here nothing is known: nobody has any of it, or too few do. */
  readonly rows: ReadonlyMap<string, TotalRow & { readonly whole: boolean }>
}

export interface Pair {
  readonly now: Period
  readonly before: Period
}

/** The released ones of `buckets`, oldest first. */
export function periodsOf(buckets: readonly BucketTotals[]): readonly Period[] {
  return buckets
    .filter(({ why }) => why === undefined)
    .map(({ start, end, batches, implausible }) => {
      const names = new Set(batches.flatMap(({ rows }) => [...rows.keys()]))
      return {
        start,
        end,
        machines: batches.reduce((sum, { contributors }) => sum + contributors, 0),
        rows: new Map(
          [...names].map((name) => {
            const found = batches.flatMap(({ rows }) => rows.get(name) ?? [])
            const whole =
              !implausible && batches.every(({ rows, partly }) => rows.has(name) && !partly.has(name))
            return [name, { ...addUp(found), whole }] as const
          }),
        ),
      }
    })
    .sort((a, b) => a.start - b.start)
}

const addUp = (rows: readonly TotalRow[]): TotalRow => ({
  nodes: rows.reduce((sum, { nodes }) => sum + nodes, 0),
  values: (rows[0]?.values ?? []).map((_, at) =>
    rows.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  ),
})

/** A time by which a period finds the one that lies so many ms before it. The first period of a mesh is shorter than a day. */
export const spanName = ({ start, end }: Pick<Period, 'start' | 'end'>, back = 0): string =>
  `${start - back} ${end - back}`

/** Each period of `now` beside that of `before` which lies `back` ms earlier; those without one are left out. */
export function pairsOf(now: readonly Period[], before: readonly Period[], back: number): readonly Pair[] {
  const earlier = new Map(before.map((period) => [spanName(period), period]))
  return now.flatMap((period) => {
    const found = earlier.get(spanName(period, back))
    return found === undefined ? [] : [{ now: period, before: found }]
  })
}

/** Null without periods. */
export function machinesIn(periods: readonly Pick<Period, 'machines'>[]): Span | null {
  if (periods.length === 0) return null
  const counts = periods.map(({ machines }) => machines)
  return { least: Math.min(...counts), most: Math.max(...counts) }
}

/** The sum of a row's first value over the periods that show it; null: none does. */
function sumOf(periods: readonly Period[], row: string): number | null {
  const found = periods.flatMap(({ rows }) => rows.get(row)?.values[0] ?? [])
  return found.length === 0 ? null : found.reduce((sum, one) => sum + one, 0)
}

/** A row's first value over all periods, and against the earlier ones of `pairs`. */
export function figureOf(periods: readonly Period[], pairs: readonly Pair[], row: string): Figure {
  const found = periods.flatMap(({ rows }) => rows.get(row) ?? [])
  return {
    value: sumOf(periods, row),
    machines: found.length === 0 ? null : Math.max(...found.map(({ nodes }) => nodes)),
    at_least: found.length > 0 && (found.length < periods.length || found.some(({ whole }) => !whole)),
    change: changeOf(pairs, row),
  }
}

/** Over the pairs that show the row whole on both sides: of what some machines left out no difference is a change. */
function changeOf(pairs: readonly Pair[], row: string): Change | null {
  const whole = pairs.filter(({ now, before }) => now.rows.get(row)?.whole && before.rows.get(row)?.whole)
  if (whole.length === 0) return null
  const now = whole.map((pair) => pair.now)
  const before = whole.map((pair) => pair.before)
  const [sum, earlier] = [sumOf(now, row) as number, sumOf(before, row) as number]
  return {
    before: earlier,
    now: sum,
    share: earlier === 0 ? null : (sum - earlier) / earlier,
    periods: whole.length,
    of: pairs.length,
    machines: { before: machinesIn(before) as Span, now: machinesIn(now) as Span },
  }
}
