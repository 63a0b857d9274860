// /export and /import, described.
import * as z from 'zod'
import { EVENT_ID } from '../../../base/words/event-id.ts'
import { MOST, SHELL } from '../../../ops/care/transfer.ts'
import { defineOperation } from '../operation.ts'
import { count, listOf, moment, text } from '../schemas/fields.ts'
import { RISK_LEVELS } from '../shapes.ts'
import { importKey } from './import.ts'

/** One command as a file has it. */
const transferEvent = z.strictObject({
  id: z
    .string()
    .regex(EVENT_ID)
    .describe('start in microseconds and a tag, in base 36: the same event, the same id'),
  timestamp: text(40, 'RFC 3339, for people: the millisecond that the id has; another one is refused'),
  shell: z.string().regex(SHELL),
  command: z.string().min(1).max(MOST.command),
  cwd: z.string().max(MOST.field),
  exit_code: z.int().min(0).max(MOST.exit_code).nullable(),
  duration_us: z.int().min(0).nullable(),
  risk_level: z.enum(RISK_LEVELS),
  category: z.string().min(1).max(MOST.word),
  tool: z.string().min(1).max(MOST.word),
  karo_generated: z.boolean(),
  untimed: z.literal(true).exactOptional().describe('the time is only a place in the order'),
})

export const exportHistory = defineOperation({
  method: 'GET',
  path: '/api/v1/export',
  access: 'person',
  via: 'socket',
  tag: 'terminal',
  summary: "The caller's whole history, or a part of it",
  description:
    'Oldest first, as of the moment it is asked for, without loss; ends with `{"end": <number of events>}`.',
  query: z.strictObject({
    word: listOf(z.string().min(1).max(1024), 32)
      .optional()
      .describe('repeated; every one must occur in the command, ignoring case'),
    cwd: z.string().min(1).max(4096).exactOptional().describe('absolute; this directory and those below it'),
    since: moment('only newer ones').exactOptional(),
    until: moment('only older ones').exactOptional(),
    shell: z.string().min(1).max(32).exactOptional(),
  }),
  texts: [
    { type: 'application/x-ndjson', description: 'One event a line.', item: async () => transferEvent },
  ],
})

export const importHistory = defineOperation({
  method: 'POST',
  path: '/api/v1/import',
  access: 'person',
  via: 'socket',
  tag: 'terminal',
  summary: "Adds events to the caller's history",
  description:
    'All of them or none; those that are there already, by their id, are left alone. Secrets are taken out as from anything that is typed.',
  body: z.strictObject({
    events: z.array(transferEvent).min(1).max(MOST.events).readonly(),
    dry_run: z.boolean().default(false).describe('only say what would be done'),
    key: importKey().exactOptional(),
  }),
  answer: async () =>
    z.strictObject({
      added: count('new ones'),
      known: count('those that were there already'),
      too_old: count('those that retention.events_days would remove at once, and that were left out'),
    }),
  example: {
    body: {
      events: [
        {
          ...{
            id: '0hoc97sr86w021i3v9',
            timestamp: '2026-11-20T14:52:13.715Z',
            shell: 'bash',
            command: 'git status',
          },
          ...{ cwd: '/home/ann/x', exit_code: 0, duration_us: 12_000, risk_level: 'safe', category: 'git' },
          ...{ tool: 'git', karo_generated: false },
        },
      ],
      dry_run: true,
    },
  },
})
