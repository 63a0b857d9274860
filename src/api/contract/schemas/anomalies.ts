// Schemas of what is unusual in a person's own numbers: /anomalies. Names of the public dictionary and numbers only.
import * as z from 'zod'
import { KINDS } from '../../../base/words/signal.ts'
import { count, listOf, moment, text, timeRange } from './fields.ts'

const number = (what: string) => z.number().min(0).describe(what)

const signal = z
  .strictObject({
    id: text(16, 'of one person'),
    kind: z.enum(KINDS),
    subject: text(
      32,
      'a tool or category of the public dictionary, a shell or a weekday; null: all of it',
    ).nullable(),
    severity: z.int().min(1).max(10),
    words: text(512, 'one sentence of its numbers'),
    first_seen: moment('when it began'),
    last_seen: moment('when it was last so'),
    count: count('days on which it was found'),
    ongoing: z.boolean().describe('it was found within the last day'),
    muted: z.boolean().describe('the caller does not want to hear of it now'),
    seen: z.boolean().describe('the caller was told of it'),
    numbers: z
      .strictObject({
        unit: z.enum(['commands', 'failures_of_100', 'minutes']).describe('what they are counted in'),
        observed: number('what was found'),
        expected: number('what is usual for the caller'),
        spread: number('by how much that varies; null where it is no matter of varying').nullable(),
        n: count('days of work, of `failure_rate` commands, that the usual was learnt from'),
        window: timeRange,
      })
      .describe('the strongest there were'),
  })
  .meta({ id: 'AnomalySignal', description: "Something unusual in the caller's own numbers." })

const mute = z.strictObject({
  target: text(64, 'a kind, or `kind/subject`'),
  until: moment('null: until it is unmuted').nullable(),
})

export const anomalies = z
  .strictObject({ signals: listOf(signal, 500).describe('those seen last first'), mutes: listOf(mute, 100) })
  .meta({ id: 'Anomalies' })
export type AnomaliesShape = z.infer<typeof anomalies>
export type AnomalyShape = AnomaliesShape['signals'][number]

export const muted = z.strictObject({ mutes: listOf(mute, 100) }).meta({ id: 'Mutes' })
export type MutesShape = z.infer<typeof muted>

export const told = z
  .strictObject({ signals: listOf(signal, 500).describe('those the caller had not seen before') })
  .meta({ id: 'SeenAnomalies' })
export type ToldShape = z.infer<typeof told>

const MUTE_MS_MAX = 366 * 86_400_000

const what = z
  .string()
  .min(1)
  .max(64)
  .describe(
    'the id of a signal, for all that say the same of the same tool, category or shell, or where it is about none of them, for its kind; or a kind',
  )

export const getAnomaliesQuery = z.strictObject({
  all: z.boolean().exactOptional().describe('also what is muted'),
  since: moment('only what was seen later').exactOptional(),
})

export const muteAnomaliesBody = z.strictObject({
  what,
  for_ms: z.int().min(60_000).max(MUTE_MS_MAX).nullable().describe('milliseconds; null: until it is unmuted'),
})

export const unmuteAnomaliesBody = z.strictObject({ what })

export const seeAnomaliesBody = z.strictObject({
  severity: z.int().min(1).max(10).default(1).describe('this one or more'),
  ids: listOf(z.string().min(1).max(16), 500).exactOptional().describe('only these signals'),
  notice: z.boolean().default(false).describe('only tell, if that is wanted; take no note'),
})
