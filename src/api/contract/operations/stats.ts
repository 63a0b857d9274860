// /stats, described: a person's own numbers, and the commands that make up most of them.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/history.ts'))

export const getStats = defineOperation('GET /api/v1/stats', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own numbers",
  query: from.getStatsQuery,
  answer: from.statistics,
  example: { query: { period: 'week' } },
})

export const getMostUsed = defineOperation('GET /api/v1/stats/commands', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands that ran most often",
  description:
    'The texts are only of commands that the asking person typed. Looks through every command of the period.',
  query: from.getMostUsedQuery,
  answer: from.mostUsed,
  example: { query: { period: 'month', limit: '20' } },
})
