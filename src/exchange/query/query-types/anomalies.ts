// Anomalies: what was unusual in people's own counts, by type and severity, of nodes whose people let it out by name.
import { bounded } from '../../../../protocols/counts.ts'
import type { AnomalySignal, SignalCount } from '../../../../protocols/messages/numbers.ts'
import { byText } from '../../../base/by-text.ts'
import { KINDS, type Kind } from '../../../base/words/signal.ts'
import {
  changeOf,
  latestOf,
  layoutRows,
  measured,
  mostContributors,
  openedRow,
  openedValue,
} from './released.ts'
import { defineQueryType, type Filtered, type ReleaseLayout } from './type.ts'

/** Stands for a type that a newer release found and this one has no word for. */
const OTHER = 'other'
const ANOMALY_TYPES = [...KINDS, OTHER] as const
type AnomalyType = (typeof ANOMALY_TYPES)[number]

export interface AnomalyRow {
  readonly type: AnomalyType
  /** 1 to 10; in totals the least of the band that they are of. */
  readonly severity: number
  /** The same as `severity`; in totals the most of the band. */
  readonly severity_most: number
  /** Signals that began in the range. */
  readonly count: number
  /** Nodes with any of them, oneself included. */
  readonly nodes: number
  /** RFC 3339 UTC: the beginning of the hour in which the latest of them began; null in totals. */
  readonly latest: string | null
  /** Signals less those that began in the period before, both of the nodes that know both periods; null: no node does. */
  readonly change: number | null
}

export interface AnomalyData {
  /** Gravest first. */
  readonly signals: readonly AnomalyRow[]
  /** Nodes behind these numbers, oneself included. */
  readonly nodes_reporting: number
  /** Nodes among them with too few days to compare with; null: withheld, in totals only. */
  readonly nodes_learning: number | null
  /** Signals of all rows, less those of the period before; null: no node knows both periods. */
  readonly change: number | null
}

/** Grades of severity in totals; from 5 on a shell tells its person. */
const BANDS = [
  { name: 'low', severity: 1, severity_most: 4 },
  { name: 'notable', severity: 5, severity_most: 7 },
  { name: 'high', severity: 8, severity_most: 10 },
] as const
const CELLS = ANOMALY_TYPES.flatMap((type) =>
  BANDS.map(({ name, ...band }) => ({ row: `${type}:${name}`, type, ...band })),
)
const LEARNING = 'learning'
const LAYOUT = {
  type: 'Anomalies',
  version: 1,
  values: ['count'],
  rows: layoutRows([...CELLS.map(({ row }) => row), LEARNING]),
} as const satisfies ReleaseLayout

export const anomalies = defineQueryType('Anomalies', {
  word: 'anomalies',
  meaning: 'what is unusual',
  action: 'query.anomalies',
  asksFor:
    'Anomalies name their node, so they come only from nodes whose people allow it: karo share anomalies identified, karo share allow.',
  fields: {
    type: { kind: 'text', applied: 'owners', meaning: 'as in karo anomalies', values: ANOMALY_TYPES },
    severity: { kind: 'number', applied: 'owners', meaning: '1 to 10', range: [1, 10] },
    count: { kind: 'number', applied: 'here', meaning: 'signals over all nodes' },
    nodes: { kind: 'number', applied: 'here', meaning: 'nodes that had any' },
  },
  knownSince: (insight, uids) => insight.anomaliesKnownSince(uids),
  // Also without one signal: that nothing was unusual is something to say, where anybody looked.
  async gather(insight, uids, range, before) {
    if ((await insight.anomaliesKnownSince(uids)) === undefined) return null
    const own = await insight.during(range).anomalies(uids)
    const earlier = before && (await insight.during(before).anomalies(uids)).signals
    return {
      query_type: 'Anomalies',
      anomalies: own,
      ...(earlier === undefined ? {} : { previous: countsOf(earlier) }),
    }
  },
  namedBesideTotals: true,
  withoutTools: (data) => ({
    ...data,
    anomalies: { ...data.anomalies, signals: data.anomalies.signals.map(({ subjects: _, ...row }) => row) },
  }),
  plausible: ({ anomalies: { signals }, previous = [] }) =>
    isEachOnce(signals, ({ hour }) => String(hour)) && isEachOnce(previous, () => ''),
  filterNode({ previous, ...data }, filtered) {
    const left = <T extends SignalCount>(rows: readonly T[]): readonly T[] =>
      rows.filter(({ type, severity }) => filtered.all({ type: typeOf(type), severity }))
    const { signals } = data.anomalies
    return {
      ...data,
      anomalies: { ...data.anomalies, signals: left(signals) },
      ...(previous === undefined ? {} : { previous: left(previous) }),
    }
  },
  compares: ({ previous }) => previous !== undefined,
  contributes: ({ anomalies: { signals } }) => signals.some(({ count }) => count > 0),
  merge(parts): AnomalyData {
    const given = parts.map(({ anomalies: { signals }, previous }) => ({ signals, previous }))
    const compared = given.flatMap(({ signals, previous }) =>
      previous === undefined ? [] : [{ signals, previous }],
    )
    return {
      signals: rowsOf(given),
      nodes_reporting: parts.length,
      nodes_learning: parts.filter(({ anomalies: { learning } }) => learning).length,
      change:
        compared.length === 0
          ? null
          : total(compared.flatMap(({ signals }) => signals)) -
            total(compared.flatMap(({ previous }) => previous)),
    }
  },
  filterResult: filterRows,
  perNode: ({ anomalies: { signals, learning } }, merged) => {
    const shown = new Set(merged.signals.map(keyOf))
    return {
      anomalies: {
        signals: signals
          .map((signal) => ({ ...signal, type: typeOf(signal.type) }))
          .filter((signal) => shown.has(keyOf(signal)))
          .map(({ hour, subjects = [], ...signal }) => ({
            ...signal,
            hour: new Date(hour).toISOString(),
            subjects,
          })),
        learning,
      },
    }
  },
  // Published summaries hold none: a signal grows for days after its period is closed, and consent to name a node ends at once.
  released: {
    layout: LAYOUT,
    async measure(insight, uids, bucket) {
      if ((await insight.anomaliesKnownSince(uids)) === undefined) return new Map()
      const { signals, learning } = await insight.during(bucket).anomalies(uids)
      return measured([
        ...CELLS.map(({ row, type, ...band }) => {
          const of = signals.filter(
            (one) =>
              typeOf(one.type) === type &&
              one.severity >= band.severity &&
              one.severity <= band.severity_most,
          )
          return [row, [total(of)]] as const
        }),
        [LEARNING, [Number(learning)]] as const,
      ])
    },
    fromReleased({ buckets, before }): AnomalyData {
      const signals = CELLS.flatMap(({ row, ...cell }) => {
        const opened = openedRow(buckets, row)
        const [count = 0] = opened?.values ?? []
        if (opened === undefined || count === 0) return []
        const change = changeOf(buckets, before, row)
        return { ...cell, count, nodes: opened.nodes, latest: null, change }
      })
      return {
        signals: signals.sort(gravestFirst),
        nodes_reporting: mostContributors(buckets),
        nodes_learning: openedValue(latestOf(buckets), LEARNING),
        change: null,
      }
    },
  },
  schemas({ z, numbers }) {
    const count = (what: string) => z.int().min(0).describe(what)
    const change = z
      .int()
      .describe(
        'signals more than began in the period before, of the nodes that know both; null when no node does',
      )
      .nullable()
    const hour = z.iso.datetime({ precision: 3 })
    const signal = {
      type: z.enum(ANOMALY_TYPES).describe('kind of anomaly, as in `karo anomalies`'),
      severity: z.int().min(1).max(10).describe('1 to 10'),
      count: count('signals that began in the range'),
    }
    const row = z
      .strictObject({
        ...signal,
        severity_most: z
          .int()
          .min(1)
          .max(10)
          .describe('the same; in totals the most of the band that begins with severity'),
        nodes: count('nodes that had any, this one included'),
        latest: hour
          .nullable()
          .describe('beginning of the hour of UTC in which the latest of them began; null in totals'),
        change,
      })
      .meta({ id: 'AnomalyRow' })
    const own = z
      .strictObject({
        ...signal,
        hour: hour.describe('beginning of the hour of UTC in which they began'),
        subjects: z
          .array(z.string().max(32))
          .max(numbers.SUBJECTS_MAX)
          .readonly()
          .describe(
            'tools or categories that they are about; empty: about none, or the people there do not share tool usage',
          ),
      })
      .meta({ id: 'MeshAnomaly', description: 'What was unusual on one node: no text.' })
    return {
      result: z
        .strictObject({
          signals: z.array(row).max(1_000).readonly().describe('gravest first'),
          nodes_reporting: count('nodes behind these numbers, this one included'),
          nodes_learning: count(
            'of those, nodes with too few days to compare with; null: withheld',
          ).nullable(),
          change,
        })
        .meta({ id: 'MeshAnomalies' }),
      part: {
        anomalies: z
          .strictObject({
            signals: z.array(own).max(1_000).readonly(),
            learning: z.boolean().describe('too few days to compare with'),
          })
          .meta({ id: 'NodeAnomalies' }),
      },
    }
  },
})

const gravestFirst = (a: AnomalyRow, b: AnomalyRow): number =>
  b.severity - a.severity || b.count - a.count || byText(a.type, b.type)

const typeOf = (type: string): AnomalyType => (KINDS.includes(type as Kind) ? (type as Kind) : OTHER)

const keyOf = ({ type, severity }: Pick<SignalCount, 'type' | 'severity'>): string =>
  `${typeOf(type)} ${severity}`

const total = (rows: readonly SignalCount[]): number => rows.reduce((sum, { count }) => sum + count, 0)

function isEachOnce<T extends SignalCount>(rows: readonly T[], more: (row: T) => string): boolean {
  const keys = rows.map((row) => `${row.type} ${row.severity} ${more(row)}`)
  return new Set(keys).size === keys.length && rows.every(({ count }) => count > 0 && bounded(count))
}

/** Without hours. */
function countsOf(signals: readonly AnomalySignal[]): readonly SignalCount[] {
  const sums = new Map<string, SignalCount>()
  for (const { type, severity, count } of signals) {
    const key = `${type} ${severity}`
    sums.set(key, { type, severity, count: count + (sums.get(key)?.count ?? 0) })
  }
  return [...sums.values()]
}

interface Sum {
  readonly type: AnomalyType
  readonly severity: number
  count: number
  nodes: number
  hour: number
  /** Of the nodes that know both periods, now less before; undefined: no node that had any does. */
  change: number | undefined
}

/** One row for each type and severity over all nodes' signals, the gravest first. */
function rowsOf(
  parts: readonly {
    readonly signals: readonly AnomalySignal[]
    readonly previous: readonly SignalCount[] | undefined
  }[],
): readonly AnomalyRow[] {
  const sums = new Map<string, Sum>()
  const sumOf = (row: SignalCount): Sum => {
    const { severity } = row
    const sum = sums.get(keyOf(row)) ?? {
      type: typeOf(row.type),
      severity,
      count: 0,
      nodes: 0,
      hour: 0,
      change: undefined,
    }
    sums.set(keyOf(row), sum)
    return sum
  }
  for (const { signals, previous } of parts) {
    for (const key of new Set(signals.map(keyOf))) sumOf(signals.find((row) => keyOf(row) === key)!).nodes++
    for (const row of signals) {
      const sum = sumOf(row)
      sum.count += row.count
      sum.hour = Math.max(sum.hour, row.hour)
      if (previous !== undefined) sum.change = (sum.change ?? 0) + row.count
    }
    for (const row of previous ?? []) {
      const sum = sumOf(row)
      sum.change = (sum.change ?? 0) - row.count
    }
  }
  return [...sums.values()]
    .filter(({ count }) => count > 0)
    .map(({ hour, change = null, ...sum }) => ({
      ...sum,
      severity_most: sum.severity,
      latest: new Date(hour).toISOString(),
      change,
    }))
    .sort(gravestFirst)
}

/** The totals beside the rows stay whole. */
function filterRows(data: AnomalyData, { all }: Filtered): AnomalyData {
  return {
    ...data,
    signals: data.signals.filter(({ type, severity, count, nodes }) => all({ type, severity, count, nodes })),
  }
}
