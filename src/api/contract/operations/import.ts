// /imports, described: what other programs recorded, into the caller's history, and out of it again.
import * as z from 'zod'
import { LATEST_MS } from '../../../base/calendar.ts'
import { SOURCES } from '../../../observe/imports/entry.ts'
import { MOST, SHELL } from '../../../ops/care/transfer.ts'
import { IMPORT_BATCH, IMPORTS_LISTED } from '../constants.ts'
import { defineOperation } from '../operation.ts'
import { count, text } from '../schemas/fields.ts'

const schemas = () => import('../schemas/import.ts')

const ofPerson = { access: 'person', via: 'socket', tag: 'terminal' } as const
const INT32 = 2 ** 31

/** What the daemon calls an import that is under way. */
export const importKey = () =>
  z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe('of the import that is under way')

export const beginImport = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/imports',
  summary: "Begins an import into the caller's history",
  description:
    'One at a time for each person: another one ends the one before, and so does a minute without a word. What came in stays, and can be undone.',
  body: z.strictObject({
    source: z.enum([...SOURCES, 'karo']).describe('whose history it is; `karo`: what an export wrote'),
    file: text(4_096, 'for the list of imports').min(1),
    dry_run: z.boolean().default(false).describe('only say what would be done'),
  }),
  answer: async () => z.strictObject({ key: importKey() }),
  errors: ['rate_limited'],
  example: { body: { source: 'bash', file: '/home/ann/.bash_history', dry_run: true } },
})

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

export const importEntries = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/imports/entries',
  summary: 'Adds commands of a foreign history to an import',
  description:
    'All of them or none. They are judged, redacted and left out as what is typed now. One that is there already is left alone: the same text within 2 s in the same shell, or, where no time is known, as often as it is there.',
  body: z.strictObject({
    key: importKey(),
    entries: z.array(foreignEntry).min(1).max(IMPORT_BATCH.entries).readonly(),
  }),
  bodyBytes: IMPORT_BATCH.bytes,
  answer: async () => (await schemas()).imported,
  errors: ['not_found'],
  example: {
    body: {
      key: '0123456789abcdef',
      entries: [{ start_us: 1_795_186_333_000_000, shell: 'bash', command: 'git status' }],
    },
  },
})

export const finishImport = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/imports/finish',
  summary: 'Ends an import',
  body: z.strictObject({ key: importKey() }),
  answer: async () =>
    z.strictObject({
      id: count('for undoing it; null when it brought nothing, or was a dry run').nullable(),
    }),
  errors: ['not_found'],
  example: { body: { key: '0123456789abcdef' } },
})

export const getImports = defineOperation({
  ...ofPerson,
  method: 'GET',
  path: '/api/v1/imports',
  summary: "The caller's imports",
  description: `Newest first, at most ${IMPORTS_LISTED}; those that were undone are not among them.`,
  answer: async () => (await schemas()).imports,
})

export const undoImport = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/imports/undo',
  summary: 'Takes out a part of what an import brought',
  description:
    'The last first, some thousands in one request, for good: commands, texts, and what was counted of them. Again until `left` is 0.',
  body: z.strictObject({ id: z.int().min(1).max(INT32) }),
  answer: async () =>
    z.strictObject({
      removed: count('events that are gone; what retention or a deletion took before is not counted'),
      left: count('events that it still has; 0 when there is no such import any more'),
    }),
  errors: ['not_found', 'conflict'],
  example: { body: { id: 3 } },
})
