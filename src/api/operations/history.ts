// /history and /stats, described.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'
import { listOf, moment } from '../schemas/fields.ts'
import { HISTORY_LIMIT_DEFAULT, HISTORY_LIMIT_MAX, RISK_LEVELS, STATISTICS_PERIODS } from '../shapes.ts'

const schemas = () => import('../schemas/history.ts')

export const getHistory = defineOperation({
  method: 'GET',
  path: '/api/v1/history',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, searched",
  description:
    'Newest first. The only operation that hands out the text of commands, and only to whoever typed them.',
  query: z.strictObject({
    word: listOf(z.string().min(1).max(1024), 32)
      .optional()
      .describe('repeated; every one must occur in the command, ignoring case'),
    cwd: z.string().min(1).max(4096).exactOptional().describe('absolute; this directory and those below it'),
    failed: z.boolean().exactOptional().describe('only those that ended with another code than 0'),
    risk: z.enum(RISK_LEVELS).exactOptional().describe('this level or a higher one'),
    since: moment('only newer ones').exactOptional(),
    shell: z.string().min(1).max(32).exactOptional(),
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

export const getStats = defineOperation({
  method: 'GET',
  path: '/api/v1/stats',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own numbers",
  query: z.strictObject({
    period: z.enum(STATISTICS_PERIODS).default('today').describe("by the machine's own calendar"),
  }),
  answer: async () => (await schemas()).statistics,
  example: { query: { period: 'week' } },
})
