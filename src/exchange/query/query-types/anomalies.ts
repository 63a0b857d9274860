// Anomalies: what was unusual in people's own counts, by type and severity, of nodes whose people let it out by name.
import { bounded } from '../../../../protocols/counts.ts'
import type { SignalCount } from '../../../../protocols/messages/numbers.ts'
import { byText } from '../../../base/by-text.ts'
import { LATEST_MS } from '../../../base/calendar.ts'
import { BANDS, bandOf, KINDS, type Kind } from '../../../base/words/signal.ts'
import { defineMeasure } from './measure.ts'
import type { Cells, Sums } from './sums.ts'
import type { Filtered, NodeDataOf } from './type.ts'

/** Stands for a type that a newer release found and this one has no word for. */
const OTHER = 'other'
const ANOMALY_TYPES = [...KINDS, OTHER] as const
type AnomalyType = (typeof ANOMALY_TYPES)[number]

const LEARNING = 'learning'
/** Of single nodes: signals of all types. */
const ALL = 'all'

export const anomalies = defineMeasure('Anomalies', {
  word: 'anomalies',
  title: 'What is unusual',
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
  // That nothing was unusual is something to say, where anybody looked.
  saysNone: true,
  take: (numbers, uids) => numbers.anomalies(uids),
  cells: ({ signals, learning }) => cellsOf(signals, learning),
  dataOf: (_, before, own) => ({
    query_type: 'Anomalies',
    anomalies: own,
    previous: before?.rows.flatMap((row) => {
      const [type = '', severity] = row.split(':')
      return severity === undefined
        ? []
        : [{ type, severity: Number(severity), count: before.value(row) ?? 0 }]
    }),
  }),
  counted({ anomalies: { signals, learning }, previous }) {
    const now = cellsOf(signals, learning)
    const none = [...now.keys()].map((row) => [row, 0] as const)
    return { now, before: previous && new Map([...none, ...cellsOf(previous, false)]) }
  },
  namedBesideTotals: true,
  withoutTools: (data) => ({
    ...data,
    anomalies: { ...data.anomalies, signals: data.anomalies.signals.map(({ subjects: _, ...row }) => row) },
  }),
  plausible: ({ anomalies: { signals }, previous = [] }) =>
    isEachOnce(signals, ({ hour }) => String(hour)) &&
    isEachOnce(previous, () => '') &&
    signals.every(({ hour }) => hour <= LATEST_MS),
  filterNode({ previous, ...data }, filtered) {
    const left = <T extends SignalCount>(rows: readonly T[]): readonly T[] =>
      rows.filter(({ type, severity }) => filtered.all({ type: typeOf(type), severity }))
    const { signals } = data.anomalies
    return {
      ...data,
      anomalies: { ...data.anomalies, signals: left(signals) },
      previous: previous && left(previous),
    }
  },
  contributes: ({ anomalies: { signals } }) => signals.some(({ count }) => count > 0),
  read,
  filterResult: filterRows,
  perNode: ({ anomalies: { signals, learning } }, merged) => {
    const shown = new Set(merged.signals.map(keyOf))
    return {
      anomalies: {
        signals: signals
          .filter((signal) => shown.has(keyOf(signal)))
          .map(({ hour, subjects = [], ...signal }) => ({
            ...signal,
            type: typeOf(signal.type),
            hour: new Date(hour).toISOString(),
            subjects,
          })),
        learning,
      },
    }
  },
  // Published summaries hold none: a signal grows for days after its period is closed, and consent to name a node ends at once.
  rows: {
    version: 1,
    counts: 'count',
    names: [
      ...ANOMALY_TYPES.flatMap((type) => Object.keys(BANDS).map((band) => `${type}:${band}`)),
      LEARNING,
    ],
  },
  addsTo(cell) {
    const [type, severity] = cell.split(':')
    const band = bandOf(Number(severity))
    return [band === undefined ? cell : `${type}:${band}`]
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

function read(sums: Sums, parts: readonly NodeDataOf<'Anomalies'>[]) {
  const latest = latestIn(parts)
  const signals = sums.rows.flatMap((row) => {
    const [type, grade] = row.split(':') as [AnomalyType, string | undefined]
    const count = sums.value(row)
    if (grade === undefined || !count) return []
    const only = { severity: Number(grade), severity_most: Number(grade) }
    const { severity, severity_most } = BANDS[grade] ?? only
    const more = { count, nodes: sums.nodes(row), latest: latest(row), change: sums.change(row) }
    return [{ type, severity, severity_most, ...more }]
  })
  return {
    signals: signals.sort(gravestFirst),
    nodes_reporting: sums.machines,
    nodes_learning: sums.latest().value(LEARNING),
    change: sums.change(ALL),
  }
}
type AnomalyData = ReturnType<typeof read>
const gravestFirst = (a: SignalCount, b: SignalCount): number =>
  b.severity - a.severity || b.count - a.count || byText(a.type, b.type)

const typeOf = (type: string): AnomalyType => (KINDS.includes(type as Kind) ? (type as Kind) : OTHER)

const keyOf = ({ type, severity }: Pick<SignalCount, 'type' | 'severity'>): string =>
  `${typeOf(type)}:${severity}`

/** Signals by type and severity, without hours. */
function cellsOf(signals: readonly SignalCount[], learning: boolean): Cells {
  const sums = new Map([
    [ALL, 0],
    [LEARNING, Number(learning)],
  ])
  for (const signal of signals)
    for (const row of [keyOf(signal), ALL]) sums.set(row, signal.count + (sums.get(row) ?? 0))
  return sums
}

/** RFC 3339: the beginning of the hour in which the latest signal of a row began; null of totals. */
function latestIn(parts: readonly NodeDataOf<'Anomalies'>[]): (row: string) => string | null {
  const latest = new Map<string, number>()
  for (const signal of parts.flatMap(({ anomalies: { signals } }) => signals))
    latest.set(keyOf(signal), Math.max(signal.hour, latest.get(keyOf(signal)) ?? 0))
  return (row) => (latest.has(row) ? new Date(latest.get(row)!).toISOString() : null)
}

function isEachOnce<T extends SignalCount>(rows: readonly T[], more: (row: T) => string): boolean {
  const keys = rows.map((row) => `${row.type} ${row.severity} ${more(row)}`)
  return new Set(keys).size === keys.length && rows.every(({ count }) => count > 0 && bounded(count))
}

/** The totals beside the rows stay whole. */
function filterRows(data: AnomalyData, { all }: Filtered): AnomalyData {
  return {
    ...data,
    signals: data.signals.filter(({ type, severity, count, nodes }) => all({ type, severity, count, nodes })),
  }
}
