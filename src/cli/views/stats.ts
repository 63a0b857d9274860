// How `karo stats` looks to a person: totals, bars of tools and categories, hours and weekdays, risk.
import { styleText } from 'node:util'
import type { RISK_LEVELS, StatisticsShape } from '../../api/shapes.ts'
import { bar, spark } from '../bars.ts'
import type { CommandIo } from '../command.ts'
import { duration } from '../format.ts'
import { RISK_COLOURS } from '../risk-colours.ts'
import { table } from '../table.ts'

type Screen = Pick<CommandIo, 'colour' | 'columns'>

/** Rows of a ranking; the rest is summed up in one line. */
const RANKED = 8
const BAR_CELLS = 24
const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const

const TITLES: Readonly<Record<StatisticsShape['period'], string>> = {
  today: 'Today',
  week: 'The last 7 days',
  month: 'The last 30 days',
  year: 'The last 365 days',
}

export function statsView(numbers: StatisticsShape, levels: typeof RISK_LEVELS, screen: Screen): string {
  const { total_commands: total, unique_commands: unique, failures } = numbers
  const title = strong(TITLES[numbers.period], screen)
  if (total === 0) return `${title}: no commands yet.\n`
  const risks = levels
    .filter((level) => numbers.by_risk_level[level] > 0)
    .map((level) => `${numbers.by_risk_level[level]} ${paint(RISK_COLOURS[level], level, screen)}`)
  return [
    `${title}: ${total} commands, ${unique} different, ${failures} failed (${percent(failures, total)}), ${duration(numbers.total_duration_ms)} in all\n`,
    ranking('Tools', numbers.tools, (row) => row.tool, screen),
    ranking('Categories', numbers.categories, (row) => row.category, screen),
    `${strong('Hours', screen)}      0 ${spark(numbers.hourly)} 23\n`,
    numbers.period === 'today'
      ? ''
      : `${strong('Weekdays', screen)}   ${numbers.daily.map((n, day) => `${WEEKDAYS[day]} ${n}`).join('  ')}\n`,
    `${strong('Risk', screen)}       ${risks.join(', ')}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

interface Counted {
  readonly count: number
  readonly failures: number
}

function ranking<Row extends Counted>(
  title: string,
  rows: readonly Row[],
  name: (row: Row) => string,
  screen: Screen,
): string {
  const most = Math.max(...rows.map((row) => row.count))
  const shown = rows.slice(0, RANKED)
  const rest = rows.slice(RANKED)
  const lines = table(
    shown,
    [
      { title: '', value: (row) => `  ${name(row)}` },
      { title: '', value: (row) => String(row.count), align: 'right' },
      { title: '', value: (row) => bar(row.count / most, BAR_CELLS), style: () => 'cyan' },
      {
        title: '',
        value: (row) => (row.failures === 0 ? '' : `${percent(row.failures, row.count)} failed`),
        style: () => 'red',
      },
    ],
    screen,
  )
  const others = rest.reduce((sum, row) => sum + row.count, 0)
  const more = rest.length === 0 ? '' : `  and ${rest.length} more: ${others}\n`
  return `${strong(title, screen)}\n${lines}${more}`
}

const percent = (part: number, whole: number): string => `${Math.round((part / whole) * 100)} %`

function paint(colour: Parameters<typeof styleText>[0], text: string, { colour: on }: Screen): string {
  return on ? styleText(colour, text, { validateStream: false }) : text
}

const strong = (text: string, screen: Screen): string => paint('bold', text, screen)
