// /processes, described.
import * as z from 'zod'
import { PROCESS_SORTS, PROCESSES_LIMIT_DEFAULT, PROCESSES_LIMIT_MAX } from '../constants.ts'
import { defineOperation } from '../operation.ts'
import { moment } from '../schemas/fields.ts'

export const getProcesses = defineOperation({
  method: 'GET',
  path: '/api/v1/processes',
  access: 'person',
  tag: 'terminal',
  summary: "What the processes of the caller's shells use",
  description:
    'Processes are seen from outside, about once a second: what lived shorter is missing, and what happened since the last look too.',
  query: z.strictObject({
    since: moment('only those that began later; those that still run are always there').exactOptional(),
    name: z.string().min(1).max(64).exactOptional().describe('occurs in the name, ignoring case'),
    sort: z.enum(PROCESS_SORTS).default('memory').describe('the most first'),
    now: z.boolean().default(false).describe('only what runs'),
    limit: z.int().min(1).max(PROCESSES_LIMIT_MAX).default(PROCESSES_LIMIT_DEFAULT),
  }),
  answer: async () => (await import('../schemas/processes.ts')).processes,
  example: { query: { since: '2026-11-20T00:00:00Z', sort: 'cpu' } },
})
