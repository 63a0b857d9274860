// karo anomalies: what is unusual in your own numbers, the numbers behind it, and what you do not want to hear of.
import { callDaemon } from '../../../api/contract/client.ts'
import { ANOMALY_KINDS, type AnomaliesShape, type MutesShape } from '../../../api/contract/shapes.ts'
import { EXIT, KaroError } from '../../../base/errors.ts'
import type { Command, CommandIo } from '../../command.ts'
import { parseDuration, parseSince, rfc3339 } from '../../time.ts'
import { anomaliesView, anomalyView, mutesView } from '../../views/anomalies.ts'

const PATH = '/api/v1/anomalies'
const MUTE_LEAST_MS = 60_000
const MUTE_MOST_MS = 366 * 86_400_000
const DEFAULT_MUTE = '7d'

const what = {
  name: 'id|kind',
  required: true,
  description: 'the id of a signal, for all that say the same, or a kind',
  completes: ANOMALY_KINDS,
} as const

export const anomalies: readonly Command[] = [
  {
    name: 'anomalies',
    summary: 'what is unusual in your own numbers',
    args: [],
    options: [
      { name: 'all', description: 'also what is muted' },
      { name: 'since', value: 'when', description: 'only what was seen later: 7d, 24h, or a date' },
    ],
    examples: [
      { run: 'karo anomalies', does: 'the last 90 days, the newest first' },
      { run: 'karo anomalies --all --json', does: 'everything, for a script' },
    ],
    async run(io, { options }) {
      const found = await ask(io, options.all === true, options.since)
      // Whoever was shown them needs no notice any more.
      const ids = found.signals.filter(({ seen }) => !seen).map(({ id }) => id)
      if (!io.json && ids.length > 0) await callDaemon(io, 'POST', `${PATH}/seen`, { ids })
      io.out(io.json ? `${JSON.stringify(found)}\n` : anomaliesView(found, Date.now(), io))
      return EXIT.done
    },
  },
  {
    name: 'anomalies show',
    summary: 'one of them, with the numbers behind it',
    args: [{ name: 'id', required: true, description: 'as `karo anomalies` shows it' }],
    options: [],
    examples: [{ run: 'karo anomalies show 3f9a12c4', does: 'what was seen, and what is usual' }],
    async run(io, { args }) {
      const { signals } = await ask(io, true, undefined)
      const signal = signals.find(({ id }) => id === args.id)
      if (signal === undefined) {
        throw new KaroError('not_found', `nothing unusual with the id '${String(args.id)}' was found`, {
          hint: '`karo anomalies --all` lists everything unusual, with ids.',
        })
      }
      io.out(io.json ? `${JSON.stringify(signal)}\n` : anomalyView(signal, Date.now(), io))
      return EXIT.done
    },
  },
  {
    name: 'anomalies mute',
    summary: 'hear no more of one, or of a kind',
    args: [what],
    options: [
      {
        name: 'for',
        value: 'duration',
        description: 'how long: 24h, 30d, or forever',
        default: DEFAULT_MUTE,
        completes: ['7d', '30d', 'forever'],
      },
    ],
    examples: [
      { run: 'karo anomalies mute 3f9a12c4', does: 'nothing of this kind about this tool for a week' },
      { run: 'karo anomalies mute timing --for forever', does: 'nothing about working hours' },
    ],
    async run(io, { args, options }) {
      const for_ms = lengthOf(options.for)
      const muted = (await callDaemon(io, 'POST', `${PATH}/mute`, {
        what: args['id|kind'],
        for_ms,
      })) as MutesShape
      io.out(io.json ? `${JSON.stringify(muted)}\n` : mutesView(muted, io))
      return EXIT.done
    },
  },
  {
    name: 'anomalies unmute',
    summary: 'hear of it again',
    args: [what],
    options: [],
    examples: [{ run: 'karo anomalies unmute timing', does: 'working hours count again' }],
    async run(io, { args }) {
      const muted = (await callDaemon(io, 'POST', `${PATH}/unmute`, { what: args['id|kind'] })) as MutesShape
      io.out(io.json ? `${JSON.stringify(muted)}\n` : mutesView(muted, io))
      return EXIT.done
    },
  },
]

async function ask(io: CommandIo, all: boolean, since: unknown): Promise<AnomaliesShape> {
  const query = new URLSearchParams({
    ...(all && { all: 'true' }),
    ...(typeof since === 'string' && { since: rfc3339(parseSince(since, Date.now()), '--since') }),
  })
  return (await callDaemon(io, 'GET', `${PATH}?${query}`)) as AnomaliesShape
}

/** Milliseconds; null: for ever. */
function lengthOf(text: unknown): number | null {
  if (text === 'forever') return null
  const length = parseDuration(typeof text === 'string' ? text : DEFAULT_MUTE, '--for')
  if (length >= MUTE_LEAST_MS && length <= MUTE_MOST_MS) return length
  throw new KaroError('bad_request', `'${String(text)}' is not a time from a minute to a year`, {
    where: '--for',
    hint: 'Give 24h, 7d or the like, or forever.',
  })
}
