// /stats, described: a person's own numbers, and the commands that make up most of them.
import * as z from 'zod'
import { STATISTICS_PERIODS } from '../constants.ts'
import { defineOperation } from '../operation.ts'

const schemas = () => import('../schemas/history.ts')

const MOST_USED_MAX = 1_000
const MOST_USED_DEFAULT = 10

const period = z.enum(STATISTICS_PERIODS).default('today').describe("by the machine's own calendar")

export const getStats = defineOperation({
  method: 'GET',
  path: '/api/v1/stats',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own numbers",
  query: z.strictObject({ period }),
  answer: async () => (await schemas()).statistics,
  example: { query: { period: 'week' } },
})

export const getMostUsed = defineOperation({
  method: 'GET',
  path: '/api/v1/stats/commands',
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands that ran most often",
  description:
    'The texts are only of commands that the asking person typed. Looks through every command of the period.',
  query: z.strictObject({
    period,
    limit: z.int().min(1).max(MOST_USED_MAX).default(MOST_USED_DEFAULT).describe('how many'),
  }),
  answer: async () => (await schemas()).mostUsed,
  example: { query: { period: 'month', limit: '20' } },
})
