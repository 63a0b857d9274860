// karo stats: shows a person's own commands in numbers.
import { STATISTICS_PERIODS } from '../../../api/contract/constants.ts'
import { getMostUsed, getStats } from '../../../api/contract/operations/stats.ts'
import { type MostUsedShape, RISK_LEVELS, type StatisticsShape } from '../../../api/contract/shapes.ts'
import { withNode } from '../../kept/with-node.ts'
import {
  type CommandIo,
  clauses,
  cut,
  defineCommand,
  duration,
  type Screen as Lines,
  paint,
  percent,
  show,
  table,
  textWidth,
} from '../../kit.ts'
import { bar, shade, showsBlocks, spark } from '../../terminal/bars.ts'
import { RISK_COLOURS } from '../../terminal/risk-words.ts'
import {
  besideEachOther,
  grouped,
  listed,
  MONTHS,
  type Part,
  sentence,
  strong,
  WEEKDAYS,
} from '../../views/lines.ts'

/** The most frequent commands that are shown unasked. */
const SHOWN = 5

export const commands = [
  defineCommand('stats', {
    summary: 'show your commands in numbers (tools, failures, hours, risk), compared with the period before',
    shows: getStats,
    args: {
      period: {
        optional: true,
        description: 'how far back, today included: 1, 7, 30 or 365 days',
        choices: STATISTICS_PERIODS,
      },
    },
    options: {
      commands: 'more of the commands that ran most often; with --json, any of them',
    },
    examples: {
      'karo stats week --commands': 'the last 7 days, with more of the most frequent commands',
    },
    async run(io, { args, options }) {
      const { period = 'today' } = args
      const numbers = await withNode(io, () => io.call(getStats, { query: { period } }))
      const most =
        options.commands || !io.json
          ? await io.call(getMostUsed, {
              query: { period, limit: options.commands ? undefined : SHOWN },
            })
          : undefined
      return show(
        io,
        { ...numbers, ...most },
        () => statsView(numbers, io) + (most ? mostUsedView(most, io) : ''),
      )
    },
  }),
]

type Screen = Lines & Pick<CommandIo, 'env'>

/** Rows of a ranking, so that a week with all other parts fits into 24 lines. */
const RANKED = 6
const BAR_CELLS = 4
const WIDE_BAR_CELLS = 8
/** Columns from which two rankings fit side by side. */
const WIDE = 100
/** Longer names of tools are cut, so that two rankings stand side by side. */
const NAME_CELLS = 10
/** Most cells of a timeline. */
const TIMELINE_CELLS = 48
/** Cells of `Wed 20 Nov` and a blank. */
const DAY_CELLS = 11
/** Columns below which less is shown beside each name. */
const NARROW = 42

const PERIODS: Readonly<
  Record<
    StatisticsShape['period'],
    { readonly title: string; readonly before: string; readonly days: number }
  >
> = {
  today: { title: 'Today', before: 'yesterday until then', days: 1 },
  week: { title: 'The last 7 days', before: 'the 7 days before', days: 7 },
  month: { title: 'The last 30 days', before: 'the 30 days before', days: 30 },
  year: { title: 'The last 365 days', before: 'the 365 days before', days: 365 },
}

export function statsView(numbers: StatisticsShape, screen: Screen): string {
  const blocks = showsBlocks(screen.env)
  const guarded = Object.values(numbers.guard).some((count) => count > 0)
  if (numbers.total_commands === 0 && !guarded)
    return `${strong(PERIODS[numbers.period].title, screen)}: no commands yet (imported ones without a time are not counted).\n`
  const parts = [
    [...headLines(numbers, screen), timelineLine(numbers, screen, blocks)],
    besideEachOther(
      ranking('Tools', numbers.tools, (row) => row.tool, numbers.before !== null, screen, blocks),
      ranking(
        'Categories',
        numbers.categories,
        (row) => row.category,
        numbers.before !== null,
        screen,
        blocks,
      ),
      screen,
    ),
    numbers.period === 'today' ? [] : heatLines(numbers, screen, blocks),
    [
      ...listed('Risk', riskParts(numbers), screen),
      ...listed('Guard', guardParts(numbers), screen),
      ...listed('Failing', failingParts(numbers), screen),
    ],
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n')
}

function headLines(numbers: StatisticsShape, screen: Screen): string[] {
  const { period, before, total_commands: total, unique_commands: unique } = numbers
  const { title, days } = PERIODS[period]
  const ended = total - numbers.unknown
  const rate =
    before === null || known(before) === 0 ? '' : `, before ${percent(before.failures / known(before))}`
  const facts = clauses(
    `${grouped(unique)} different`,
    ...failureParts(numbers, ended, rate),
    numbers.total_duration_ms !== 0 && `${duration(numbers.total_duration_ms)} in all`,
    days !== 1 && `on ${numbers.active_days} of ${days} days`,
    numbers.streak.current > 1 && `${numbers.streak.current} days in a row`,
    numbers.karo_generated !== 0 && `${percent(numbers.karo_generated / total)} by programs`,
    numbers.ask_answers_run !== 0 && `${grouped(numbers.ask_answers_run)} from karo ask`,
  )
  const commands = `${grouped(total)} ${total === 1 ? 'command' : 'commands'}`
  return [
    ...sentence(`${strong(title, screen)}: ${commands}, ${comparison(numbers)}`.split(' '), screen),
    ...sentence(
      facts.map((fact, i) => (i < facts.length - 1 ? `${fact},` : fact)),
      screen,
    ),
  ]
}

const known = ({ total_commands, unknown }: { total_commands: number; unknown: number }): number =>
  total_commands - unknown

/** A rate is of the commands whose exit code is known; how many are not is said beside it. */
function failureParts({ failures, unknown }: StatisticsShape, ended: number, before: string): string[] {
  const untold = unknown === 0 ? [] : [`${grouped(unknown)} of unknown end`]
  if (ended === 0) return untold
  if (failures === 0) return ['no failure known', ...untold]
  const of = unknown === 0 ? '' : ` of ${grouped(ended)}`
  return [`${grouped(failures)}${of} failed (${percent(failures / ended)}${before})`, ...untold]
}

function comparison({
  before,
  change,
  total_commands: total,
  period,
  recorded_since,
}: StatisticsShape): string {
  if (before === null) return `nothing to compare with: recorded since ${recorded_since ?? 'today'}`
  const what = PERIODS[period].before
  const earlier = grouped(before.total_commands)
  if (change === null) return `none ${what}`
  if (total === before.total_commands) return `as many as ${what}`
  const more = change > 0
  const size =
    more && change >= 2
      ? `${times(change + 1)} as many as`
      : `${percent(Math.abs(change))} ${more ? 'more' : 'fewer'} than`
  return `${size} ${what} (${earlier})`
}

const times = (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} times`

function timelineLine(
  { timeline, busiest, period }: StatisticsShape,
  screen: Screen,
  blocks: boolean,
): string {
  const { points, unit } = timeline
  const room = Math.min(TIMELINE_CELLS, screen.columns - 2 * DAY_CELLS)
  const each = Math.max(1, Math.min(6, Math.floor(room / points.length)))
  const shown = points.slice(-Math.max(1, Math.floor(room / each)))
  const drawn = [
    ...spark(
      shown.map(({ count }) => count),
      blocks,
    ),
  ]
    .map((c) => c.repeat(each))
    .join('')
  const named = (at: string | undefined): string =>
    unit === 'hour' ? `${new Date(at ?? 0).getHours()} h` : dayName(at)
  const line = `${named(shown[0]?.start)} ${paint('cyan', drawn, screen)} ${named(points.at(-1)?.start)}`
  const most =
    busiest === null || period === 'today'
      ? ''
      : `  most: ${dayName(`${busiest.date}T12:00`)}, ${grouped(busiest.count)}`
  return textWidth(line + most) <= screen.columns ? line + most : line
}

/** `Fri 20 Nov`, of the local date. */
function dayName(at: string | undefined): string {
  const date = new Date(at ?? 0)
  return `${WEEKDAYS[(date.getDay() + 6) % 7]} ${date.getDate()} ${MONTHS[date.getMonth()]}`
}

type Ranked = StatisticsShape['tools'][number] | StatisticsShape['categories'][number]

function ranking<Row extends Ranked>(
  title: string,
  rows: readonly Row[],
  name: (row: Row) => string,
  compared: boolean,
  screen: Screen,
  blocks: boolean,
): string[] {
  if (rows.length === 0) return []
  const most = Math.max(...rows.map((row) => row.count))
  const cells = screen.columns >= WIDE ? WIDE_BAR_CELLS : BAR_CELLS
  const text = table(screen, rows.slice(0, RANKED), {
    [title]: (row) => (blocks ? cut(name(row), NAME_CELLS) : name(row).slice(0, NAME_CELLS)),
    [rows.length > RANKED ? `of ${rows.length}` : '']: {
      value: (row) => grouped(row.count),
      align: 'right',
    },
    ' ': screen.columns >= NARROW && {
      value: (row) => bar(row.count / most, cells, blocks).padEnd(cells),
      style: () => 'cyan',
    },
    change: compared && { value: changed, align: 'right' },
    failed: FAILED,
  })
  return text.trimEnd().split('\n')
}

const FAILED = {
  value: ({ count, failures, unknown }: Pick<Ranked, 'count' | 'failures' | 'unknown'>) =>
    failures === 0 ? '' : percent(failures / (count - unknown)),
  align: 'right',
  style: () => 'red' as const,
} as const

function changed({ change, previous }: Ranked): string {
  if (change === null) return previous === 0 ? 'new' : ''
  if (Math.round(change * 100) === 0) return '='
  return change >= 9.995
    ? `x ${Math.round(change + 1)}`
    : `${change > 0 ? '+' : '-'}${percent(Math.abs(change))}`
}

function heatLines({ heat, daily }: StatisticsShape, screen: Screen, blocks: boolean): string[] {
  const most = Math.max(1, ...heat.flat())
  const narrow = screen.columns < NARROW
  const each = screen.columns >= 66 ? 2 : 1
  const label = narrow ? 5 : 10
  const hours = Array.from({ length: 8 }, (_, i) => String(i * 3).padEnd(3 * each)).join('')
  const title = `${strong('Hours'.padEnd(label), screen)}${paint('dim', hours.trimEnd(), screen)}`
  const rows = heat.map((counts, day) => {
    const cells = counts.map((count) => shade(count, most, blocks).repeat(each)).join('')
    const total = narrow ? '' : ` ${grouped(daily[day] ?? 0).padStart(7)}`
    return `${`${narrow ? '' : '  '}${WEEKDAYS[day]}`.padEnd(label)}${paint('cyan', cells, screen)}${total}`
  })
  return [title, ...rows]
}

/** The most frequent commands, which stand below the rest, after a blank line. */
export function mostUsedView({ commands }: MostUsedShape, screen: Screen): string {
  if (commands.length === 0) return ''
  const rows = table(screen, commands, {
    Commands: { value: ({ count }) => grouped(count), align: 'right' },
    failed: FAILED,
    '': { value: 'command', shrink: true },
  })
  return `\n${rows}`
}

function riskParts({ by_risk_level: counts, before }: StatisticsShape): Part[] {
  return RISK_LEVELS.filter((level) => counts[level] > 0).map((level) => {
    const earlier =
      level === 'safe' || before === null ? '' : ` (before ${grouped(before.by_risk_level[level])})`
    return { text: `${grouped(counts[level])} ${level}${earlier}`, colour: RISK_COLOURS[level] }
  })
}

const GUARD_WORDS: readonly (readonly [
  keyof StatisticsShape['guard'],
  string,
  NonNullable<Part['colour']>,
])[] = [
  ['blocked', 'blocked', 'red'],
  ['confirmed', 'confirmed', 'yellow'],
  ['declined', 'declined', 'green'],
  ['unjudged', 'not judged', 'magenta'],
]

const guardParts = ({ guard }: StatisticsShape): Part[] =>
  GUARD_WORDS.filter(([outcome]) => guard[outcome] > 0).map(([outcome, words, colour]) => ({
    text: `${grouped(guard[outcome])} ${words}`,
    colour,
  }))

function failingParts({ failing }: StatisticsShape): Part[] {
  return failing.slice(0, 3).map(({ tool, count, unknown, failures, rate, previous_rate, rose }) => {
    const now = `${tool} ${grouped(failures)} of ${grouped(count - unknown)} (${percent(rate)}`
    return rose
      ? { text: `${now}, before ${percent(previous_rate ?? 0)})`, colour: 'red' as const }
      : { text: `${now})` }
  })
}
