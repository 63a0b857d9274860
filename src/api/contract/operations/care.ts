// /logs, /problems and /metrics, described: for whoever looks after the node.
import { defineOperation, schemasOf, type TextAnswer } from '../operation.ts'

const from = schemasOf(() => import('../schemas/care.ts'))

export const getLogs = defineOperation('GET /api/v1/logs', {
  access: 'admin',
  tag: 'care',
  summary: "The daemon's last log lines, and with `follow` those to come",
  query: from.getLogsQuery,
  lines: {
    type: 'application/x-ndjson',
    description: 'Oldest first. A reader that is slow misses lines, and is told how many.',
    item: from.logLine,
  },
  errors: ['rate_limited'],
  example: { query: { level: 'warn', lines: '50' } },
})

export const getProblems = defineOperation('GET /api/v1/problems', {
  access: 'admin',
  tag: 'care',
  summary: 'Recent warnings and errors without their words',
  description:
    'Hashed with a salt that nobody keeps: without names, paths or commands. For `karo report-problem`.',
  answer: from.problemList,
})

const METRICS: readonly TextAnswer[] = [
  { type: 'text/plain', description: 'Prometheus text format 0.0.4.' },
  { type: 'application/openmetrics-text', description: 'OpenMetrics 1.0, for those who accept it.' },
]

const metrics = {
  access: 'person',
  scope: 'metrics',
  tag: 'care',
  texts: METRICS,
} as const

export const getMetrics = defineOperation('GET /api/v1/metrics', {
  ...metrics,
  summary: 'How the node is, in numbers for Prometheus',
})

export const getMetricsPlainly = defineOperation('GET /metrics', {
  ...metrics,
  summary: 'The same, where scrapers look unless they are told otherwise',
})
