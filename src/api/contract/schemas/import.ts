// Schemas of imports: the outcome of each part, and the list of imports that can be undone.
import * as z from 'zod'
import { LATEST_MS } from '../../../base/calendar.ts'
import { SOURCES } from '../../../observe/imports/entry.ts'
import { MOST, SHELL } from '../../../ops/care/transfer.ts'
import { IMPORT_BATCH } from '../constants.ts'
import { count, flag, listOf, moment, named, oneOf, pattern, someText, text, whole } from './fields.ts'

export const imported = z.strictObject({
  added: count('new ones'),
  known: count('commands that were there already'),
  ignored: count('commands left out because of a leading blank or history.ignore'),
  redacted: count('new and known commands from which a secret was taken out'),
  too_old: count('commands left out because retention.events_days would remove them at once'),
})
export type ImportedShape = z.infer<typeof imported>

const one = named(
  'Import',
  {
    id: count('number of the import, from 1 for each person'),
    source: text(16, 'bash, zsh, fish, atuin, or karo for a file of karo export'),
    file: text(4_096, 'the imported file'),
    started_at: moment('start of the import'),
    finished_at: moment('end of the import; null if it was interrupted').nullable(),
    events: count('commands that the import brought and that were not undone'),
  },
  'One import, which can be undone.',
)
export type ImportShape = z.infer<typeof one>

export const imports = z.strictObject({ imports: listOf(one) })

const INT32 = 2 ** 31

/** The key by which the daemon knows an import that is under way. */
export const importKey = () => pattern(/^[0-9a-f]{16}$/, 'key of the import that is under way')

const foreignEntry = z.strictObject({
  start_us: whole(0, LATEST_MS * 1000, 'when it began, microseconds since the epoch'),
  untimed: flag('the real time is unknown; the time only gives the order').default(false),
  nth: whole(
    1,
    INT32,
    'number of this entry among those with the same text and time, or with the same text if no time is known',
  ).default(1),
  shell: z.string().regex(SHELL),
  command: someText(IMPORT_BATCH.command),
  cwd: text(8_192, 'absolute, or ? where it is not known').default('?'),
  exit_code: whole(0, MOST.exit_code).nullable().default(null),
  duration_us: z.int().min(0).nullable().default(null),
  karo_generated: flag('a program ran it').default(false),
})

export const beginImportBody = z.strictObject({
  source: oneOf([...SOURCES, 'karo'], 'program that wrote the history; `karo`: a file of karo export'),
  file: text(4_096, 'for the list of imports').min(1),
  dry_run: flag('change nothing, only tell what would be done').default(false),
})

export const beginImportAnswer = z.strictObject({ key: importKey() })

export const importEntriesBody = z.strictObject({
  key: importKey(),
  entries: z.array(foreignEntry).min(1).max(IMPORT_BATCH.entries).readonly(),
})

export const finishImportBody = z.strictObject({ key: importKey() })

export const finishImportAnswer = z.strictObject({
  id: count('number for undoing the import; null if it brought nothing or was a dry run').nullable(),
})

export const undoImportBody = z.strictObject({ id: whole(1, INT32) })

export const undoImportAnswer = z.strictObject({
  removed: count('removed events; those that retention or a deletion removed before are not counted'),
  left: count('events of the import that are still there; 0 if the import is gone'),
})
