// Operations of /stats: a person's own numbers, and their most frequent commands.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/stats.ts'))

export const getStats = defineOperation('GET /api/v1/stats', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own numbers",
  query: from.getStatsQuery,
  answer: from.statistics,
  example: { period: 'week' },
})

export const getMostUsed = defineOperation('GET /api/v1/stats/commands', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands that ran most often",
  description: 'Only commands of the caller. Looks through every command of the period.',
  query: from.getMostUsedQuery,
  answer: from.mostUsed,
  example: { period: 'month', limit: '20' },
})
