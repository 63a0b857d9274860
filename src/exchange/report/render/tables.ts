// The contents of a report as lines of plain text and titled tables; each format writes the same ones in its own way.
import { signalWords } from '../../../base/words/signal.ts'
import { minuteOf } from '../../totals/words.ts'
import type { CountedSection, CoverageCounts, Figure, Ground, Report, ToolMove } from '../types.ts'
import { LONE_NOTE } from '../words.ts'
import { arrow, count, day, many, percent, span, standing, UNKNOWN } from './numbers.ts'

/** Texts are as they came, from machines too: a format makes each harmless. */
export interface Table {
  readonly head: readonly string[]
  /** Columns with numbers, by place. */
  readonly numbers: readonly number[]
  readonly rows: readonly (readonly string[])[]
}

export interface Block {
  readonly id: string
  readonly title: string
  /** Sentences before the tables. */
  readonly lines: readonly string[]
  readonly tables: readonly { readonly caption: string; readonly table: Table }[]
}

/** Most rows of a table for reading; CSV and JSON have all. */
const ROWS_MAX = 25

const value = ({ value: sum, at_least }: Figure): string => (at_least ? `≥ ${count(sum)}` : count(sum))

/** A table of rows that each show a figure, behind their names; `more`: what else is said of it. */
function figureTable<Row extends Figure>(
  caption: string,
  names: readonly string[],
  counts: readonly string[],
  rows: readonly Row[],
  namesOf: (row: Row) => readonly string[],
  more: (row: Row) => readonly string[] = () => [],
): Block['tables'][number] {
  const head = [...names, ...counts, 'machines', 'change', 'the change is over']
  const cells = rows.map((row) => [
    ...[...namesOf(row), value(row), ...more(row)],
    ...[count(row.machines), arrow(row.change), standing(row.change)],
  ])
  const numbers = [...head.keys()].slice(names.length, -1)
  return { caption, table: { head, numbers, rows: cells } }
}

/** What each section rests on, and what is missing in it; what the whole report says already is not said again. */
function groundLines(
  { notes: all, state, periods, of, machines, rows }: Ground & { readonly rows?: readonly unknown[] },
  { notes }: Report,
): readonly string[] {
  const own = all.filter((note) => !notes.includes(note))
  if (state !== 'shown') return own.length > 0 ? own : ['Nothing of this time was released.']
  return [
    `${span(machines)} ${machines?.most === 1 ? 'machine stands' : 'machines stand'} behind each period; ${periods} of ${many(of, 'closed period')}.`,
    ...own,
    ...(rows?.length === 0 ? ['No row is shown: there was none, or too few machines had one.'] : []),
  ]
}

const words = (name: string): string =>
  name === 'karo_generated' ? 'run by AI tools and programs' : name.replaceAll('_', ' ')

/** The first sentences of a report: of which time it is, who made it, and what it compares. */
export function headLines(report: Report): readonly string[] {
  const { period, team, audience, asked_as, node, made_at, compared, k } = report
  const lines = [
    `From ${day(period.start)} to ${day(period.end)} UTC${team === null ? ', all machines' : `, team ${team}`}.`,
    `Made ${minuteOf(made_at)} UTC on ${node.name}${asked_as === null ? '' : ` for ${asked_as}`}${audience === null ? '' : `, of totals for the role ${audience}`}.`,
    ...(k > 0
      ? [
          `A number that fewer than ${count(k)} machines have is left out, as if no machine had it; so is a number from which it could be computed.`,
        ]
      : []),
    compared === null
      ? 'Nothing is compared: no earlier period that fits was released.'
      : `Each period is compared with the one ${many(compared.days_back, 'day')} before it${compared.same_weekdays ? '' : ', which is another day of the week, because too little was released to compare the same days of the week'}.`,
  ]
  return report.notes.includes(LONE_NOTE) ? lines.slice(1, 2) : lines
}

const COUNTS: readonly (readonly [keyof CoverageCounts, string])[] = [
  ['contributed', 'contributed'],
  ['declined', 'declined'],
  ['late', 'late'],
  ['absent', 'absent'],
  ['refused', 'not counted'],
]

function coverage(report: Report): Block {
  const { rows } = report.coverage
  const first = rows[0]
  return {
    id: 'coverage',
    title: 'Coverage and consent',
    lines:
      first === undefined
        ? [
            report.team === null
              ? 'Nothing was released, so nobody here knows who contributed.'
              : 'Coverage (who contributed, declined or was absent) is known for all machines only: leave out --team.',
          ]
        : [
            `Of the newest released period, ${day(first.start)}: ${count(first.contributed)} of ${count(first.expected)} expected machines are in the totals of ${words(first.category)} (${percent(first.expected === 0 ? null : first.contributed / first.expected)}).`,
            `Consent: ${percent(first.consent)} of the ${count(first.heard)} machines heard take part.`,
          ],
    tables: [
      {
        caption: 'What became of the expected machines',
        table: {
          head: ['numbers', 'period', 'expected', ...COUNTS.map(([, name]) => name), 'heard', 'consent'],
          numbers: [2, 3, 4, 5, 6, 7, 8, 9],
          rows: rows.map((row) => [
            words(row.category),
            day(row.start),
            count(row.expected),
            ...COUNTS.map(([name]) => count(row[name])),
            count(row.heard),
            percent(row.consent),
          ]),
        },
      },
    ],
  }
}

const MOVES = [
  ['new', 'New: in the periods before on no machine, or on too few to be told'],
  ['vanished', 'Vanished: now on no machine, or on too few to be told'],
] as const

function tools(report: Report): Block {
  const section = report.tools
  const rows = section.rows.slice(0, ROWS_MAX)
  const moves = MOVES.filter(([name]) => section[name].length > 0)
  const grown = section.rows.filter(({ change }) => (change?.share ?? 0) > 0)
  const fastest = [...grown].sort((a, b) => (b.change?.share ?? 0) - (a.change?.share ?? 0)).slice(0, 3)
  return {
    id: 'tools',
    title: 'Tools',
    lines: [
      ...groundLines(section, report),
      ...allLine(section.all),
      ...(fastest.length === 0
        ? []
        : [
            `Grown most: ${fastest.map(({ tool, change }) => `${tool} ${arrow(change)} (${standing(change)})`).join('; ')}.`,
          ]),
      ...(section.rows.some(({ failed }) => failed === null)
        ? [
            `Where failed says ${UNKNOWN}, there are none, or failures on fewer than ${count(report.k)} machines would follow from the number.`,
          ]
        : []),
      ...(section.rows.length > rows.length
        ? [`The ${ROWS_MAX} most used of ${count(section.rows.length)}; CSV and JSON have all.`]
        : []),
    ],
    tables: [
      figureTable(
        'Uses by tool',
        ['tool', 'category'],
        ['uses', 'failed', 'failed on'],
        rows,
        ({ tool, category }) => [tool, words(category)],
        ({ failed, failed_machines }) => [
          (failed ?? 1) < 1 ? `≥ ${percent(failed)}` : percent(failed),
          count(failed_machines),
        ],
      ),
      ...moves.map(([name, caption]) => ({ caption, table: movesTable(section[name]) })),
    ],
  }
}

function allLine(all: Report['tools']['all']): readonly string[] {
  if (all === null) return []
  const { uses, failed, unknown, periods } = all
  const ended = uses - (unknown ?? 0)
  const rate = `${unknown === null ? 'at least ' : ''}${percent(ended === 0 ? null : failed / ended)} failed`
  const of = unknown === null || unknown === 0 ? '' : ` of the ${many(ended, 'use')} whose exit code is known`
  return [
    `All tools together: ${many(uses, 'use')}, ${rate}${of}, over the ${many(periods, 'period')} in which both are complete.`,
  ]
}

const movesTable = (moves: readonly ToolMove[]): Table => ({
  head: ['tool', 'category', 'uses', 'machines', 'over'],
  numbers: [2, 3],
  rows: moves
    .slice(0, ROWS_MAX)
    .map(({ tool, category, uses, machines, periods, of }) => [
      tool,
      words(category),
      count(uses),
      count(machines),
      `${periods} of ${of} periods`,
    ]),
})

const OTHER_WHY =
  'a rule without a row of its own, recorded before the machine kept rules, or of a machine that does not share its tools'

/** What is not shown by rule is not known, and never 0. */
function ruleLine({ periods, since }: Report['risk']['by_rule']): string {
  if (since === null || periods === 0)
    return 'Rules are not known: the machines did not count them yet, or high and critical are not told.'
  return `Rules are known for ${many(periods, 'period')}, the first of them ${day(since)}. Each high or critical command counts once, under the rule that gave it its level. A rule that is missing here was on no machine, or on too few.`
}

function risk(report: Report): Block {
  const section = report.risk
  const { risky } = section
  const rules = section.rules.slice(0, ROWS_MAX)
  const hasGuard = section.guard.some(({ machines }) => machines !== null)
  return {
    id: 'risk',
    title: 'Risk',
    lines: [
      ...groundLines(section, report),
      ...(section.state === 'shown'
        ? [
            `High and critical: ${risky.share === null ? percent(null) : `at least ${percent(risky.share)}`} of all commands, over the ${many(risky.periods, 'period')} that tell${risky.periods === 1 ? 's' : ''} some of them; ${risky.before === null ? 'not compared' : `at least ${percent(risky.before)} in the periods before that they are compared with`}.`,
            ruleLine(section.by_rule),
            ...(section.rules.length > rules.length
              ? [`The first ${ROWS_MAX} of ${count(section.rules.length)} rules; CSV and JSON have all.`]
              : []),
          ]
        : []),
    ],
    tables: [
      figureTable('Commands by risk', ['level'], ['commands'], section.levels, ({ level }) => [level]),
      figureTable(
        'High and critical commands by rule',
        ['level', 'rule', 'what it means'],
        ['commands'],
        rules,
        ({ level, rule, why }) => [level, rule, why ?? OTHER_WHY],
      ),
      figureTable(
        'The guard, and who wrote the commands',
        ['commands'],
        ['number'],
        section.acts,
        ({ act }) => [words(act)],
      ),
      ...(hasGuard
        ? [
            {
              caption: 'The guard, in the newest released period',
              table: {
                head: ['guard', 'machines'],
                numbers: [1],
                rows: section.guard.map(({ state, machines }) => [state, count(machines)]),
              },
            },
          ]
        : []),
    ],
  }
}

/** Said also where there is nothing: that nobody may be named is no sign that nothing happened. */
function namedLine({ named }: Report['anomalies']): readonly string[] {
  if (named === undefined) return []
  if (named.nodes === 0) return ['By name: nobody lets this role see the anomalies of their own machine.']
  const what = named.rows.length === 0 ? 'nothing unusual began there' : 'in the table below'
  return [`By name: ${many(named.nodes, 'machine')} whose people chose that; ${what}.`]
}

function anomalies(report: Report): Block {
  const section = report.anomalies
  return {
    id: 'anomalies',
    title: 'Anomalies',
    lines: [
      ...groundLines(section, report),
      ...(section.learning === null || section.state !== 'shown'
        ? []
        : [
            `Machines that have recorded too few days for anything to stand out yet: ${count(section.learning)}.`,
          ]),
      ...namedLine(section),
    ],
    tables: [
      ...(section.named === undefined || section.named.rows.length === 0
        ? []
        : [
            {
              caption: 'By name, of people who chose that',
              table: {
                head: ['machine', 'teams', 'what', 'severity', 'signals', 'hour (UTC)'],
                numbers: [3, 4],
                rows: section.named.rows.map(
                  ({ name, teams, type, subjects, severity, count: began, hour }) => [
                    name,
                    teams.join(', '),
                    signalWords(type, subjects),
                    String(severity),
                    count(began),
                    minuteOf(hour),
                  ],
                ),
              },
            },
          ]),
      figureTable(
        'Signals by type and severity',
        ['what', 'severity'],
        ['signals'],
        section.rows,
        ({ type, severity, severity_most }) => [signalWords(type), `${severity} to ${severity_most}`],
      ),
    ],
  }
}

const counted = (report: Report, section: CountedSection): Block => ({
  id: section.query_type,
  title: section.title,
  lines: groundLines(section, report),
  tables: [
    figureTable(section.title, [section.names], [section.counts], section.rows, ({ name }) => [words(name)]),
  ],
})

function machines(report: Report): Block {
  const { enrolled, seen, missing, missing_total, never_enrolled } = report.machines
  const left = missing_total - missing.length
  return {
    id: 'machines',
    title: 'Machines',
    lines: [
      `As this node knows them, apart from totals: ${many(enrolled, 'machine')} with a certificate that holds or ended in the last 30 days; there now: ${count(seen)}, missing: ${count(missing_total)}.`,
      `Never enrolled: ${many(never_enrolled, 'machine')} of the mesh without a certificate, in no total.`,
      ...(left > 0 ? [`${count(left)} more missing machines are not listed.`] : []),
    ],
    tables: [
      {
        caption: 'Missing machines',
        table: {
          head: ['machine', 'fingerprint', 'last seen'],
          numbers: [],
          rows: missing.map(({ name, fingerprint, last_seen }) => [
            name === '' ? UNKNOWN : name,
            fingerprint,
            last_seen === null ? 'over 7 days ago, or never, by this node' : `${minuteOf(last_seen)} UTC`,
          ]),
        },
      },
    ],
  }
}

function source({ source: { since, asked, average_ms, answered } }: Report): Block {
  return {
    id: 'source',
    title: 'This source',
    lines: [
      `Since ${minuteOf(since)} UTC this node asked ${many(asked, 'question')}${average_ms === null ? '' : `, which took ${count(Math.round(average_ms))} ms on average,`} and answered ${count(answered)} of others. Totals that reports read are not counted.`,
    ],
    tables: [],
  }
}

/** A table without rows is left out. */
export function blocksOf(report: Report): readonly Block[] {
  if (report.notes.includes(LONE_NOTE)) return []
  const isShown = report.state !== 'nothing'
  const blocks = [
    ...(isShown ? [coverage(report), tools(report), risk(report)] : []),
    anomalies(report),
    ...(isShown ? report.counted.map((section) => counted(report, section)) : []),
    ...[machines(report), source(report)],
  ]
  return blocks.map((block) => ({
    ...block,
    tables: block.tables.filter(({ table }) => table.rows.length > 0),
  }))
}
