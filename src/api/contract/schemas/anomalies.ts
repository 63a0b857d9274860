// Schemas of /anomalies, a person's unusual numbers: only numbers, and names of the public dictionary.
import * as z from 'zod'
import { KINDS } from '../../../base/words/signal.ts'
import { count, flag, listOf, moment, named, oneOf, someText, text, timeRange, whole } from './fields.ts'

const number = (what: string) => z.number().min(0).describe(what)

const signal = named(
  'AnomalySignal',
  {
    id: text(16, 'id of the signal, unique for one person'),
    kind: z.enum(KINDS),
    subject: text(
      32,
      'a tool or category of the public dictionary, a shell or a weekday; null: all of it',
    ).nullable(),
    severity: whole(1, 10),
    words: text(512, 'one sentence of its numbers'),
    first_seen: moment('when the signal was first found'),
    last_seen: moment('when it was last found'),
    count: count('days on which it was found'),
    ongoing: flag('it was found within the last day'),
    muted: flag('the caller has muted it'),
    seen: flag('it was shown to the caller'),
    numbers: z
      .strictObject({
        unit: oneOf(['commands', 'failures_of_100', 'minutes'], 'unit of the numbers'),
        observed: number('what was found'),
        expected: number('what is usual for the caller'),
        spread: number('how much the usual number varies; null if that does not apply').nullable(),
        n: count('working days from which the usual was learnt; with `failure_rate` commands'),
        window: timeRange,
      })
      .describe('the strongest there were'),
  },
  "Something unusual in the caller's own numbers.",
)

const mute = z.strictObject({
  target: text(64, 'a kind, or `kind/subject`'),
  until: moment('null: until it is unmuted').nullable(),
})

export const anomalies = named('Anomalies', {
  signals: listOf(signal, 500, 'those seen last first'),
  mutes: listOf(mute, 100),
})
export type AnomaliesShape = z.infer<typeof anomalies>
export type AnomalyShape = AnomaliesShape['signals'][number]

export const muted = named('Mutes', { mutes: listOf(mute, 100) })
export type MutesShape = z.infer<typeof muted>

export const told = named('SeenAnomalies', {
  signals: listOf(signal, 500, 'those the caller had not seen before'),
})

const MUTE_MS_MAX = 366 * 86_400_000

const what = someText(
  64,
  'a kind, or the id of a signal: then every signal of the same kind about the same tool, category or shell is meant',
)

export const getAnomaliesQuery = z.strictObject({
  all: flag('muted signals too').exactOptional(),
  since: moment('only signals that were last found later').exactOptional(),
})

export const muteAnomaliesBody = z.strictObject({
  what,
  for_ms: whole(60_000, MUTE_MS_MAX).nullable().describe('milliseconds; null: until it is unmuted'),
})

export const unmuteAnomaliesBody = z.strictObject({ what })

export const seeAnomaliesBody = z.strictObject({
  severity: whole(1, 10, 'the least severity').default(1),
  ids: listOf(someText(16), 500, 'only these signals').exactOptional(),
  notice: flag('do not mark them as seen; none if `anomalies.notice` is off').default(false),
})
