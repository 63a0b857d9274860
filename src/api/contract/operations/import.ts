// Operations of /imports: histories of other programs, into the caller's history and out of it again.
import { IMPORT_BATCH, IMPORTS_LISTED } from '../constants.ts'
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/import.ts'))

const ofPerson = { access: 'person', via: 'socket', tag: 'terminal' } as const

export const beginImport = defineOperation('POST /api/v1/imports', {
  ...ofPerson,
  summary: "Begins an import into the caller's history",
  description:
    'Each person has one import at a time: a new one ends the one before, and so does a minute without a request. Commands that were added stay, and can be undone.',
  body: from.beginImportBody,
  answer: from.beginImportAnswer,
  errors: ['rate_limited'],
  example: { source: 'bash', file: '/home/ann/.bash_history', dry_run: true },
})

export const importEntries = defineOperation('POST /api/v1/imports/entries', {
  ...ofPerson,
  summary: 'Adds commands of a foreign history to an import',
  description:
    'Adds all commands or none. They are judged, redacted and ignored like typed commands. A command that the history has is not added again: the same text within 2 s in the same shell, or, without a time, as often as the history has it.',
  body: from.importEntriesBody,
  bodyBytes: IMPORT_BATCH.bytes,
  answer: from.imported,
  errors: ['not_found'],
  example: {
    key: '0123456789abcdef',
    entries: [{ start_us: 1_795_186_333_000_000, shell: 'bash', command: 'git status' }],
  },
})

export const finishImport = defineOperation('POST /api/v1/imports/finish', {
  ...ofPerson,
  summary: 'Ends an import',
  body: from.finishImportBody,
  answer: from.finishImportAnswer,
  errors: ['not_found'],
  example: { key: '0123456789abcdef' },
})

export const getImports = defineOperation('GET /api/v1/imports', {
  ...ofPerson,
  summary: "The caller's imports",
  description: `Newest first, at most ${IMPORTS_LISTED}, without imports that were undone.`,
  answer: from.imports,
})

export const undoImport = defineOperation('POST /api/v1/imports/undo', {
  ...ofPerson,
  summary: 'Removes a part of the commands of an import',
  description:
    'Removes commands, their texts and their counts for good, the newest first, some thousands in one request. Repeat the request until `left` is 0.',
  body: from.undoImportBody,
  answer: from.undoImportAnswer,
  errors: ['not_found', 'conflict'],
  example: { id: 3 },
})
