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
type Column = (typeof HEAD)[number]
type Line = Partial<Readonly<Record<Column, string | number | null>>>

const cell = (value: string | number | null | undefined): string =>
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

const figureOf = ({ value, at_least, machines, change }: Figure, { periods, of }: Ground): Line => ({
  value,
  at_least: at_least ? 1 : 0,
  machines,
  periods,
  periods_closed: of,
  ...(value === null ? { note: 'not told: none, too few, or not released' } : {}),
  ...changeOf(change),
})

const MOVES = ['new', 'vanished'] as const

function toolLines({ tools }: Report): readonly Line[] {
  return [
    ...tools.rows.flatMap((row) => [
      { section: 'tools', item: row.tool, measure: 'uses', ...figureOf(row, tools) },
      {
        section: 'tools',
        item: row.tool,
        measure: 'failed_share',
        value: row.failed,
        at_least: row.failed === null ? 0 : 1,
        machines: row.failed_machines,
        periods: tools.periods,
        periods_closed: tools.of,
        ...(row.failed === null
          ? {
              note: 'too few machines had failures, or such a number could be computed from it, or they were released without',
            }
          : {}),
      },
    ]),
    ...(tools.all === null
      ? []
      : (['uses', 'failed', 'unknown'] as const).map((measure) => ({
          section: 'tools',
          item: 'all together',
          measure,
          value: tools.all?.[measure] ?? null,
          at_least: (tools.all?.periods ?? 0) < tools.of ? 1 : 0,
          periods: tools.all?.periods ?? null,
          periods_closed: tools.of,
        }))),
    ...MOVES.flatMap((move) =>
      tools[move].map(({ tool, uses, machines, periods, of }) => ({
        section: 'tools',
        item: tool,
        measure: `${move}_uses`,
        value: uses,
        machines,
        periods,
        periods_closed: of,
      })),
    ),
  ]
}

function riskLines({ risk }: Report): readonly Line[] {
  const ground = { periods: risk.periods, periods_closed: risk.of }
  return [
    ...risk.levels.map((row) => ({
      section: 'risk',
      item: row.level,
      measure: 'commands',
      ...figureOf(row, risk),
    })),
    ...risk.rules.map(({ level, rule, why, ...row }) => ({
      section: 'risk',
      item: `${level} ${rule}`,
      measure: 'commands_by_rule',
      note: why,
      ...figureOf(row, risk),
    })),
    {
      section: 'risk',
      item: 'by_rule',
      measure: 'periods',
      value: risk.by_rule.periods,
      ...ground,
      note: risk.by_rule.since === null ? 'no period shows rules' : `since ${risk.by_rule.since}`,
    },
    ...risk.acts.map((row) => ({
      section: 'risk',
      item: row.act,
      measure: 'commands',
      ...figureOf(row, risk),
    })),
    {
      section: 'risk',
      item: 'high_and_critical',
      measure: 'share',
      value: risk.risky.share,
      machines: risk.machines === null ? null : span(risk.machines),
      ...ground,
      periods: risk.risky.periods,
      before: risk.risky.before,
    },
    ...risk.trend.flatMap(({ start, commands, risky, machines }) => [
      { section: 'risk_trend', item: start, measure: 'commands', value: commands, machines },
      { section: 'risk_trend', item: start, measure: 'high_and_critical', value: risky, machines },
    ]),
    ...risk.guard.map(({ state, machines }) => ({
      section: 'risk',
      item: `guard_${state}`,
      measure: 'machines',
      value: machines,
      machines,
    })),
  ]
}

const anomalyLines = ({ anomalies }: Report): readonly Line[] => [
  ...anomalies.rows.map((row) => ({
    section: 'anomalies',
    item: `${row.type} ${row.severity} to ${row.severity_most}`,
    measure: 'signals',
    ...figureOf(row, anomalies),
  })),
  ...(anomalies.named?.rows ?? []).map(({ name, type, subjects, severity, count, hour }) => ({
    section: 'anomalies_named',
    item: name,
    measure: 'signals',
    value: count,
    note: [`${type} ${severity}`, ...subjects, hour].join(', '),
  })),
  ...anomalies.trend.map(({ start, count, machines }) => ({
    section: 'anomalies_trend',
    item: start,
    measure: 'signals',
    value: count,
    machines,
  })),
]

const countedLines = ({ counted }: Report): readonly Line[] =>
  counted.flatMap((section) =>
    section.rows.map((row) => ({
      section: section.query_type,
      item: row.name,
      measure: section.counts,
      ...figureOf(row, section),
    })),
  )

const COUNTS = ['contributed', 'declined', 'late', 'absent', 'refused'] as const

function coverageLines({ coverage }: Report): readonly Line[] {
  return [
    ...coverage.rows.flatMap((row) => [
      ...(['expected', ...COUNTS, 'heard'] as const).map((measure) => ({
        section: 'coverage',
        item: row.category,
        measure,
        value: row[measure],
        machines: row.expected,
        note: row.start,
      })),
      {
        section: 'coverage',
        item: row.category,
        measure: 'consent_share',
        value: row.consent,
        machines: row.heard,
        note: row.start,
      },
    ]),
    ...coverage.trend.flatMap(({ start, why, counts }): readonly Line[] =>
      counts === null
        ? [{ section: 'coverage_trend', item: start, measure: 'contributed', value: null, note: why }]
        : COUNTS.map((measure) => ({
            section: 'coverage_trend',
            item: start,
            measure,
            value: counts[measure],
            note: why,
          })),
    ),
  ]
}

const othersOf = ({ machines, source }: Report): readonly Line[] => [
  ...(['enrolled', 'seen', 'missing_total', 'never_enrolled'] as const).map((measure) => ({
    section: 'machines',
    item: 'as this node knows them',
    measure,
    value: machines[measure],
  })),
  ...machines.missing.map(({ name, fingerprint, last_seen }) => ({
    section: 'machines',
    item: name,
    measure: 'missing',
    value: 1,
    note: `${fingerprint} ${last_seen ?? 'never'}`,
  })),
  ...(['asked', 'average_ms', 'answered'] as const).map((measure) => ({
    section: 'source',
    item: 'this node',
    measure,
    value: source[measure],
    note: `since ${source.since}`,
  })),
]

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
  const facts = {
    from: period.start,
    to: period.end,
    team,
    audience,
    asked_as,
    made_at,
    node: node.name,
    state,
    k,
  }
  return [
    ...Object.entries(facts).map(([item, value]) => ({ section: 'report', item, measure: 'fact', value })),
    ...notes.map((note) => ({ section: 'report', item: 'note', measure: 'text', note })),
  ]
}

const groundsOf = ({ tools, risk, anomalies, counted }: Report): readonly Line[] =>
  [
    ...Object.entries({ tools, risk, anomalies }),
    ...counted.map((one) => [one.query_type, one] as const),
  ].flatMap(([section, { state, notes, periods, of, machines }]) => [
    {
      section,
      item: 'section',
      measure: 'state',
      value: state,
      periods,
      periods_closed: of,
      machines: machines === null ? null : span(machines),
    },
    ...notes.map((note) => ({ section, item: 'note', measure: 'text', note })),
  ])

export function csvOf(report: Report): string {
  const lines: readonly Line[] = [
    ...headOf(report),
    ...groundsOf(report),
    ...coverageLines(report),
    ...toolLines(report),
    ...riskLines(report),
    ...anomalyLines(report),
    ...countedLines(report),
    ...othersOf(report),
  ]
  return [HEAD.join(','), ...lines.map((line) => HEAD.map((column) => cell(line[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('')
}
