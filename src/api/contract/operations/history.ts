// /history, described: what is in it, and what is taken out.
import * as z from 'zod'
import { DELETE_IDS_MAX, HISTORY_LIMIT_DEFAULT, HISTORY_LIMIT_MAX, RANKED_LIMIT_MAX } from '../constants.ts'
import { defineOperation } from '../operation.ts'
import { listOf, moment } from '../schemas/fields.ts'
import { RISK_LEVELS } from '../shapes.ts'

const schemas = () => import('../schemas/history.ts')

/** What narrows a search down, and a removal. */
const filters = {
  word: listOf(z.string().min(1).max(1024), 32)
    .optional()
    .describe('repeated; every one must occur in the command, ignoring case'),
  without: listOf(z.string().min(1).max(1024), 32).optional().describe('repeated; none of them may'),
  cwd: z.string().min(1).max(4096).exactOptional().describe('absolute; this directory and those below it'),
  failed: z.boolean().exactOptional().describe('only those that ended with another code than 0'),
  risk: z.enum(RISK_LEVELS).exactOptional().describe('this level or a higher one'),
  since: moment('only newer ones').exactOptional(),
  until: moment('only older ones').exactOptional(),
  shell: z.string().min(1).max(32).exactOptional(),
  exit: z.int().min(0).max(255).exactOptional().describe('only those that ended with this code'),
  longer_ms: z.int().min(0).max(4_000_000_000).exactOptional().describe('milliseconds: at least so long'),
  generated: z
    .boolean()
    .exactOptional()
    .describe("true: only what a program ran on the person's behalf; false: only what they typed"),
}

export const getHistory = defineOperation({
  method: 'GET',
  path: '/api/v1/history',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, searched",
  description: 'Newest first. The text of a command is given only to the person who typed it.',
  query: z.strictObject({
    ...filters,
    unique: z.boolean().exactOptional().describe('of each command only the newest that fits'),
    limit: z
      .int()
      .min(1)
      .max(HISTORY_LIMIT_MAX)
      .default(HISTORY_LIMIT_DEFAULT)
      .describe('how many; `total` counts all'),
  }),
  answer: async () => (await schemas()).history,
  example: { query: { word: 'docker', risk: 'high', limit: '10' } },
})

export const getRankedCommands = defineOperation({
  method: 'GET',
  path: '/api/v1/history/commands',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, each once, the likeliest first",
  description:
    'Ordered by how often and how lately each was used, where, and how it ended. Asked with words, commands that hold ' +
    'them all come before those that only have their letters in this order.',
  query: z.strictObject({
    q: z
      .string()
      .max(1024)
      .default('')
      .describe('words between blanks, `"two words"` as one, `!word` for one that must not occur'),
    here: z.string().min(1).max(4096).exactOptional().describe('absolute: the directory of whoever asks'),
    cwd: filters.cwd,
    failed: filters.failed,
    risk: filters.risk,
    since: filters.since,
    until: filters.until,
    shell: filters.shell,
    exit: filters.exit,
    longer_ms: filters.longer_ms,
    generated: filters.generated,
    limit: z.int().min(1).max(RANKED_LIMIT_MAX).default(HISTORY_LIMIT_DEFAULT).describe('how many'),
  }),
  answer: async () => (await schemas()).rankedCommands,
  example: { query: { q: 'docker run', here: '/srv/shop', limit: '10' } },
})

/** What the spool keeps of one is shorter, in bytes. */
const COMMAND_MAX = 128 * 1024

export const deleteHistory = defineOperation({
  method: 'POST',
  path: '/api/v1/history/delete',
  access: 'person',
  scope: 'full',
  tag: 'terminal',
  summary: "Removes some of the caller's own commands for good",
  description:
    'They are out of the database, its files, and all numbers that are kept of them, when this is answered. Given `ids` or a `command`, ' +
    'those; given filters, whatever fits all of them. With `dry_run` nothing is removed. The text may still stand ' +
    "in the shell's own history, in backups, and counted in summaries that were shared before.",
  body: z.strictObject({
    ids: listOf(z.string().min(1).max(32), DELETE_IDS_MAX).exactOptional(),
    command: z.string().min(1).max(COMMAND_MAX).exactOptional().describe('every use of exactly this text'),
    ...filters,
    dry_run: z.boolean().default(false),
  }),
  bodyBytes: 1024 * 1024,
  answer: async () => (await schemas()).deletedCommands,
  errors: ['bad_request'],
  example: { body: { word: ['hunter2'], dry_run: true } },
})
