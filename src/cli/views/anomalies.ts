// Views of anomalies: one line for each signal, and one signal with all its numbers.
import type { AnomaliesShape, AnomalyShape, MutesShape } from '../../api/contract/shapes.ts'
import { ago, localTime } from '../../base/format.ts'
import { paint, pairs, type Screen, table } from '../terminal/table.ts'
import { wrap } from '../terminal/text.ts'

export function anomaliesView({ signals, mutes }: AnomaliesShape, now: number, screen: Screen): string {
  const lines =
    signals.length === 0
      ? 'Nothing unusual was found in your numbers.\n'
      : table(screen, signals, {
          ID: 'id',
          SEVERITY: { value: 'severity', style: colourOf },
          SEEN: ({ last_seen }) => ago(now - Date.parse(last_seen)),
          DAYS: 'count',
          WHAT: { value: whatOf, style: ({ muted }) => (muted ? 'dim' : undefined), wrap: true },
        })
  return mutes.length === 0 ? lines : `${lines}\n${mutesView({ mutes }, screen)}`
}

const whatOf = ({ seen, muted, words }: AnomalyShape): string =>
  `${muted ? 'muted: ' : seen ? '' : 'new: '}${words}`

const colourOf = ({ severity }: AnomalyShape): 'red' | 'yellow' | undefined =>
  severity >= 7 ? 'red' : severity >= 5 ? 'yellow' : undefined

const UNITS: Readonly<Record<AnomalyShape['numbers']['unit'], string>> = {
  commands: 'commands',
  failures_of_100: 'failures of 100 commands',
  minutes: 'minutes',
}

export function anomalyView(signal: AnomalyShape, now: number, screen: Screen): string {
  const { numbers, kind, subject } = signal
  const unit = UNITS[numbers.unit]
  const rows: (readonly [string, string])[] = [
    ['kind', subject === null ? kind : `${kind}, ${subject}`],
    ['severity', `${signal.severity} of 10`],
    ['observed', `${rounded(numbers.observed)} ${unit}`],
    ['usual', usualOf(signal)],
    ['learnt from', learntFrom(signal)],
    ['window', `${localTime(numbers.window.start)} to ${localTime(numbers.window.end)}`],
    ['first seen', `${localTime(signal.first_seen)}, ${ago(now - Date.parse(signal.first_seen))}`],
    [
      'last seen',
      `${localTime(signal.last_seen)}, on ${signal.count} ${signal.count === 1 ? 'day' : 'days'}`,
    ],
    ['state', `${signal.ongoing ? 'going on' : 'over'}${signal.muted ? ', muted' : ''}`],
  ]
  const text = wrap(
    `${signal.words[0]?.toUpperCase()}${signal.words.slice(1)}.`,
    Math.min(screen.columns, 100),
  )
  return `${text.join('\n')}\n\n${pairs(screen, rows, 'bold')}\n${paint('bold', `karo anomalies mute ${signal.id}`, screen)}  mutes it for a week\n`
}

function usualOf({ numbers }: AnomalyShape): string {
  const { expected, spread, unit } = numbers
  if (unit === 'minutes') return 'none'
  const varies = spread === null ? '' : `, ± ${rounded(spread)}`
  return expected === 0 ? `none${varies}` : `${rounded(expected)} ${UNITS[unit]}${varies}`
}

function learntFrom({ kind, numbers }: AnomalyShape): string {
  if (numbers.n === 0) return 'nothing; this signal needs no history'
  return kind === 'failure_rate'
    ? `${numbers.n} commands`
    : `${numbers.n} days with commands in the last eight weeks`
}

export function mutesView({ mutes }: MutesShape, screen: Screen): string {
  return table(
    screen,
    mutes,
    {
      MUTED: 'target',
      UNTIL: ({ until }) => (until === null ? 'you unmute it' : localTime(until)),
    },
    'Nothing is muted.\n',
  )
}

const rounded = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 1 ? 2 : 1)
