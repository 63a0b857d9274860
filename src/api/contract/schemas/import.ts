// Schemas of imports: what came of a part of one, and the list of those that can be undone.
import * as z from 'zod'
import { count, listOf, moment, text } from './fields.ts'

export const imported = z.strictObject({
  added: count('new ones'),
  known: count('those that were there already'),
  ignored: count('those that a leading blank or history.ignore keeps out'),
  redacted: count('of the new and known ones, those that a secret was taken out of'),
  too_old: count('those that retention.events_days would remove at once, and that were left out'),
})
export type ImportedShape = z.infer<typeof imported>

const one = z
  .strictObject({
    id: count('from 1, for each person'),
    source: text(16, 'bash, zsh, fish, atuin, or karo for what an export wrote'),
    file: text(4_096, 'where it came from'),
    started_at: moment('when it began'),
    finished_at: moment('null when it was broken off').nullable(),
    events: count('how many it brought, without those that were undone'),
  })
  .meta({ id: 'Import', description: 'What one import brought, and can be undone.' })
export type ImportShape = z.infer<typeof one>

export const imports = z.strictObject({ imports: listOf(one) })
export type ImportListShape = z.infer<typeof imports>
