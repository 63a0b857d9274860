// karo anomalies: shows unusual numbers of a person, and mutes and unmutes signals.
import * as api from '../../../api/contract/operations/anomalies.ts'
import {
  ANOMALY_KINDS,
  type AnomaliesShape,
  type AnomalyShape,
  type MutesShape,
} from '../../../api/contract/shapes.ts'
import {
  ago,
  defineCommand,
  KaroError,
  lasting,
  localTime,
  paint,
  pairs,
  type Screen,
  show,
  sinceTime,
  table,
  wrap,
} from '../../kit.ts'

export function anomaliesView({ signals, mutes }: AnomaliesShape, now: number, screen: Screen): string {
  const lines =
    signals.length === 0
      ? 'Nothing unusual was found in your numbers.\n'
      : table(screen, signals, {
          ID: 'id',
          SEVERITY: {
            value: 'severity',
            style: ({ severity }) => (severity >= 7 ? 'red' : severity >= 5 ? 'yellow' : undefined),
          },
          SEEN: ({ last_seen }) => ago(now - Date.parse(last_seen)),
          DAYS: 'count',
          WHAT: {
            value: ({ seen, muted, words }) => `${muted ? 'muted: ' : seen ? '' : 'new: '}${words}`,
            style: ({ muted }) => (muted ? 'dim' : undefined),
            wrap: true,
          },
        })
  return mutes.length === 0 ? lines : `${lines}\n${mutesView({ mutes }, screen)}`
}

const UNITS: Readonly<Record<AnomalyShape['numbers']['unit'], string>> = {
  commands: 'commands',
  failures_of_100: 'failures of 100 commands',
  minutes: 'minutes',
}

export function anomalyView(signal: AnomalyShape, now: number, screen: Screen): string {
  const { numbers, kind, subject } = signal
  const unit = UNITS[numbers.unit]
  const rows = {
    kind: subject === null ? kind : `${kind}, ${subject}`,
    severity: `${signal.severity} of 10`,
    observed: `${rounded(numbers.observed)} ${unit}`,
    usual: usualOf(signal),
    'learnt from': learntFrom(signal),
    window: `${localTime(numbers.window.start)} to ${localTime(numbers.window.end)}`,
    'first seen': `${localTime(signal.first_seen)}, ${ago(now - Date.parse(signal.first_seen))}`,
    'last seen': `${localTime(signal.last_seen)}, on ${signal.count} ${signal.count === 1 ? 'day' : 'days'}`,
    state: `${signal.ongoing ? 'going on' : 'over'}${signal.muted ? ', muted' : ''}`,
  }
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

const what = {
  as: 'what',
  description: 'the id of a signal (for all signals like it), or a kind',
  completes: ANOMALY_KINDS,
} as const

export const commands = [
  defineCommand('anomalies', {
    summary: 'show what is unusual in your own numbers',
    shows: api.getAnomalies,
    options: {
      all: 'muted signals too',
      since: {
        value: 'when',
        reads: sinceTime,
        description: 'only signals that were found later: 7d, 24h, or a date',
      },
    },
    examples: {
      'karo anomalies': 'the last 90 days, the newest first',
    },
    async run(io, { options }) {
      const { all, since } = options
      const found = await io.call(api.getAnomalies, { query: { all, since } })
      // The shown signals are marked as seen, so that no notice comes for them.
      const ids = found.signals.filter(({ seen }) => !seen).map(({ id }) => id)
      if (!io.json && ids.length > 0) await io.call(api.seeAnomalies, { body: { ids } })
      return show(io, found, () => anomaliesView(found, Date.now(), io))
    },
  }),
  defineCommand('anomalies show', {
    summary: 'show one signal with its numbers',
    args: { id: { description: 'the id that `karo anomalies` shows', completes: 'anomalies::id' } },
    async run(io, { args }) {
      const { signals } = await io.call(api.getAnomalies, { query: { all: true } })
      const signal = signals.find(({ id }) => id === args.id)
      if (signal === undefined)
        throw new KaroError('not_found', `nothing unusual with the id '${args.id}' was found`, {
          hint: '`karo anomalies --all` lists everything unusual, with ids.',
        })
      return show(io, signal, () => anomalyView(signal, Date.now(), io))
    },
  }),
  defineCommand('anomalies mute', {
    summary: 'mute a signal or a kind of signals',
    shows: api.muteAnomalies,
    args: { 'id|kind': what },
    options: {
      for: {
        value: 'duration',
        as: 'for_ms',
        reads: (text: string, where: string) =>
          text === 'forever' ? null : lasting('1m', '366d')(text, where),
        description: 'how long to mute: 24h, 30d, or forever',
        default: '7d',
        completes: ['7d', '30d', 'forever'],
      },
    },
    examples: {
      'karo anomalies mute 3f9a12c4': 'nothing of this kind about this tool for a week',
    },
    view: mutesView,
  }),
  defineCommand('anomalies unmute', {
    summary: 'unmute a signal or a kind of signals',
    shows: api.unmuteAnomalies,
    args: { 'id|kind': what },
    view: mutesView,
  }),
]
