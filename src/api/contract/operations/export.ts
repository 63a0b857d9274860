// Operations of /export and /import.
import { IMPORT_BATCH } from '../constants.ts'
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/export.ts'))

export const exportHistory = defineOperation('GET /api/v1/export', {
  access: 'person',
  via: 'socket',
  tag: 'terminal',
  summary: "The caller's whole history, or a part of it",
  description:
    'Oldest first, complete as of the moment of the request; ends with `{"end": <number of events>}`.',
  query: from.exportHistoryQuery,
  lines: { type: 'application/x-ndjson', description: 'One event a line.', item: from.exportLine },
})

export const importHistory = defineOperation('POST /api/v1/import', {
  access: 'person',
  via: 'socket',
  tag: 'terminal',
  summary: "Adds events to the caller's history",
  description:
    'Adds all events or none. An event whose id exists is not changed. Secrets are taken out, as from typed commands.',
  body: from.importHistoryBody,
  bodyBytes: IMPORT_BATCH.bytes,
  answer: from.importHistoryAnswer,
  example: {
    events: [
      {
        id: '0hoc97sr86w021i3v9',
        timestamp: '2026-11-20T14:52:13.715Z',
        shell: 'bash',
        command: 'git status',
        cwd: '/home/ann/x',
        exit_code: 0,
        duration_us: 12_000,
        risk_level: 'safe',
        category: 'git',
        tool: 'git',
        karo_generated: false,
      },
    ],
    dry_run: true,
  },
})
