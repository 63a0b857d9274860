// Schemas of imports: what came of a part of one, and the list of those that can be undone.
import * as z from 'zod'
import { LATEST_MS } from '../../../base/calendar.ts'
import { SOURCES } from '../../../observe/imports/entry.ts'
import { MOST, SHELL } from '../../../ops/care/transfer.ts'
import { IMPORT_BATCH } from '../constants.ts'
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

const INT32 = 2 ** 31

/** What the daemon calls an import that is under way. */
export const importKey = () =>
  z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe('of the import that is under way')

const foreignEntry = z.strictObject({
  start_us: z
    .int()
    .min(0)
    .max(LATEST_MS * 1000)
    .describe('when it began, microseconds since the epoch'),
  untimed: z.boolean().default(false).describe('the time is only a place in the order'),
  nth: z
    .int()
    .min(1)
    .max(INT32)
    .default(1)
    .describe('the how-manieth of the same text and time, or of the same text where there is none'),
  shell: z.string().regex(SHELL),
  command: z.string().min(1).max(IMPORT_BATCH.command),
  cwd: text(8_192, 'absolute, or ? where it is not known').default('?'),
  exit_code: z.int().min(0).max(MOST.exit_code).nullable().default(null),
  duration_us: z.int().min(0).nullable().default(null),
  karo_generated: z.boolean().default(false).describe('a program typed it'),
})

export const beginImportBody = z.strictObject({
  source: z.enum([...SOURCES, 'karo']).describe('whose history it is; `karo`: what an export wrote'),
  file: text(4_096, 'for the list of imports').min(1),
  dry_run: z.boolean().default(false).describe('only say what would be done'),
})

export const beginImportAnswer = z.strictObject({ key: importKey() })

export const importEntriesBody = z.strictObject({
  key: importKey(),
  entries: z.array(foreignEntry).min(1).max(IMPORT_BATCH.entries).readonly(),
})

export const finishImportBody = z.strictObject({ key: importKey() })

export const finishImportAnswer = z.strictObject({
  id: count('for undoing it; null when it brought nothing, or was a dry run').nullable(),
})

export const undoImportBody = z.strictObject({ id: z.int().min(1).max(INT32) })

export const undoImportAnswer = z.strictObject({
  removed: count('events that are gone; what retention or a deletion took before is not counted'),
  left: count('events that it still has; 0 when there is no such import any more'),
})
