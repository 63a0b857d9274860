// A report as CSV (RFC 4180): one line for each number, with the machines and periods behind it.
import { csvText } from '../../../base/printable.ts'
import type { Change, Figure, Ground, Report } from '../types.ts'

const HEAD = [
  ...['section', 'item', 'measure', 'value', 'at_least', 'machines', 'periods', 'periods_closed'],
  ...[
    'change',
    'change_share',
    'before',
    'now',
    'compared_periods',
    'machines_before',
    'machines_now',
    'note',
  ],
] as const
type Value = string | number | null
type Column = (typeof HEAD)[number]
type Line = Partial<Readonly<Record<Column, Value>>>

const cell = (value: Value | undefined): string =>
  typeof value === 'number' ? String(value) : csvText(value ?? '')

const span = ({ least, most }: { readonly least: number; readonly most: number }): string =>
  least === most ? String(least) : `${least} to ${most}`

const changeOf = (change: Change | null): Line =>
  change === null
    ? {}
    : {
        change: change.now - change.before,
        change_share: change.share,
        before: change.before,
        now: change.now,
        compared_periods: `${change.periods} of ${change.of}`,
        machines_before: span(change.machines.before),
        machines_now: span(change.machines.now),
      }

const lineOf = (section: string, item: string, measure: string, value: Value, more: Line = {}): Line => ({
  section,
  item,
  measure,
  value,
  ...more,
})

const figureOf = ({ at_least, machines, change, value }: Figure, { periods, of }: Ground): Line => ({
  at_least: at_least ? 1 : 0,
  machines,
  periods,
  periods_closed: of,
  ...(value === null && { note: 'not told: none, too few, or not released' }),
  ...changeOf(change),
})

/** A line for each row that shows a figure. */
const figures = <Row extends Figure>(
  section: string,
  measure: string,
  ground: Ground,
  rows: readonly Row[],
  item: (row: Row) => string,
): readonly Line[] => rows.map((row) => lineOf(section, item(row), measure, row.value, figureOf(row, ground)))

function toolLines({ tools }: Report): readonly Line[] {
  const { rows, all, periods, of: periods_closed } = tools
  return [
    ...rows.flatMap((row) => [
      ...figures('tools', 'uses', tools, [row], ({ tool }) => tool),
      lineOf('tools', row.tool, 'failed_share', row.failed, {
        at_least: row.failed === null ? 0 : 1,
        machines: row.failed_machines,
        periods,
        periods_closed,
        ...(row.failed === null && {
          note: 'too few machines had failures, or such a number could be computed from it, or they were released without',
        }),
      }),
    ]),
    ...(['uses', 'failed', 'unknown'] as const).flatMap((measure) =>
      all === null
        ? []
        : lineOf('tools', 'all together', measure, all[measure], {
            at_least: all.periods < periods_closed ? 1 : 0,
            periods: all.periods,
            periods_closed,
          }),
    ),
    ...(['new', 'vanished'] as const).flatMap((move) =>
      tools[move].map(({ tool, uses, machines, periods, of }) =>
        lineOf('tools', tool, `${move}_uses`, uses, { machines, periods, periods_closed: of }),
      ),
    ),
  ]
}

function riskLines({ risk }: Report): readonly Line[] {
  const { by_rule, risky, machines, periods, of: periods_closed } = risk
  return [
    ...figures('risk', 'commands', risk, risk.levels, ({ level }) => level),
    ...risk.rules.map((row) =>
      lineOf('risk', `${row.level} ${row.rule}`, 'commands_by_rule', row.value, {
        note: row.why,
        ...figureOf(row, risk),
      }),
    ),
    lineOf('risk', 'by_rule', 'periods', by_rule.periods, {
      periods,
      periods_closed,
      note: by_rule.since === null ? 'no period shows rules' : `since ${by_rule.since}`,
    }),
    ...figures('risk', 'commands', risk, risk.acts, ({ act }) => act),
    lineOf('risk', 'high_and_critical', 'share', risky.share, {
      machines: machines && span(machines),
      periods: risky.periods,
      periods_closed,
      before: risky.before,
    }),
    ...risk.trend.flatMap(({ start, commands, risky, machines }) => [
      lineOf('risk_trend', start, 'commands', commands, { machines }),
      lineOf('risk_trend', start, 'high_and_critical', risky, { machines }),
    ]),
    ...risk.guard.map(({ state, machines }) =>
      lineOf('risk', `guard_${state}`, 'machines', machines, { machines }),
    ),
  ]
}

const anomalyLines = ({ anomalies }: Report): readonly Line[] => [
  ...figures(
    'anomalies',
    'signals',
    anomalies,
    anomalies.rows,
    (row) => `${row.type} ${row.severity} to ${row.severity_most}`,
  ),
  ...(anomalies.named?.rows ?? []).map(({ name, type, subjects, severity, count, hour }) =>
    lineOf('anomalies_named', name, 'signals', count, {
      note: [`${type} ${severity}`, ...subjects, hour].join(', '),
    }),
  ),
  ...anomalies.trend.map(({ start, count, machines }) =>
    lineOf('anomalies_trend', start, 'signals', count, { machines }),
  ),
]

const COUNTS = ['contributed', 'declined', 'late', 'absent', 'refused'] as const

const coverageLines = ({ coverage }: Report): readonly Line[] => [
  ...coverage.rows.flatMap((row) => {
    const { category, expected, heard, start: note } = row
    return [
      ...(['expected', ...COUNTS, 'heard'] as const).map((measure) =>
        lineOf('coverage', category, measure, row[measure], { machines: expected, note }),
      ),
      lineOf('coverage', category, 'consent_share', row.consent, { machines: heard, note }),
    ]
  }),
  ...coverage.trend.flatMap(({ start, why: note, counts }) =>
    COUNTS.slice(0, counts === null ? 1 : undefined).map((measure) =>
      lineOf('coverage_trend', start, measure, counts?.[measure] ?? null, { note }),
    ),
  ),
]

const othersOf = ({ machines, source }: Report): readonly Line[] => [
  ...(['enrolled', 'seen', 'missing_total', 'never_enrolled'] as const).map((measure) =>
    lineOf('machines', 'as this node knows them', measure, machines[measure]),
  ),
  ...machines.missing.map(({ name, fingerprint, last_seen }) =>
    lineOf('machines', name, 'missing', 1, {
      note: `${fingerprint} ${last_seen ?? 'not in 7 d'}`,
    }),
  ),
  ...(['asked', 'average_ms', 'answered'] as const).map((measure) =>
    lineOf('source', 'this node', measure, source[measure], { note: `since ${source.since}` }),
  ),
]

const notesOf = (section: string, notes: readonly string[]): readonly Line[] =>
  notes.map((note) => lineOf(section, 'note', 'text', null, { note }))

function headOf({
  period,
  team,
  audience,
  asked_as,
  made_at,
  node,
  state,
  k,
  notes,
}: Report): readonly Line[] {
  const at = { from: period.start, to: period.end, team, audience, asked_as, made_at }
  const facts = Object.entries<Value>({ ...at, node: node.name, state, k })
  return [...facts.map(([item, value]) => lineOf('report', item, 'fact', value)), ...notesOf('report', notes)]
}

const groundsOf = ({ tools, risk, anomalies, counted }: Report): readonly Line[] =>
  [
    ...Object.entries<Ground>({ tools, risk, anomalies }),
    ...counted.map((one) => [one.query_type, one] as const),
  ].flatMap(([section, { state, notes, periods, of, machines }]) => [
    lineOf(section, 'section', 'state', state, {
      periods,
      periods_closed: of,
      machines: machines && span(machines),
    }),
    ...notesOf(section, notes),
  ])

export function csvOf(report: Report): string {
  const lines: readonly Line[] = [
    ...headOf(report),
    ...groundsOf(report),
    ...coverageLines(report),
    ...toolLines(report),
    ...riskLines(report),
    ...anomalyLines(report),
    ...report.counted.flatMap((one) =>
      figures(one.query_type, one.counts, one, one.rows, ({ name }) => name),
    ),
    ...othersOf(report),
  ]
  return [HEAD.join(','), ...lines.map((line) => HEAD.map((column) => cell(line[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('')
}
