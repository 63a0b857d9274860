// Operations of /logs, /problems and /metrics, for people who look after the node.
import { defineOperation, schemasOf, type TextAnswer } from '../operation.ts'

const from = schemasOf(() => import('../schemas/care.ts'))

export const getLogs = defineOperation('GET /api/v1/logs', {
  access: 'admin',
  tag: 'care',
  summary: "The daemon's last log lines, and with `follow` new ones",
  query: from.getLogsQuery,
  lines: {
    type: 'application/x-ndjson',
    description: 'Oldest first. A slow reader misses lines; one line then says how many.',
    item: from.logLine,
  },
  errors: ['rate_limited'],
  example: { query: { level: 'warn', lines: '50' } },
})

export const getProblems = defineOperation('GET /api/v1/problems', {
  access: 'admin',
  tag: 'care',
  summary: 'Recent warnings and errors without their texts',
  description:
    'Without names, paths or commands. Ids of nodes are hashed with a salt that is not kept. For `karo report-problem`.',
  answer: from.problemList,
})

const METRICS: readonly TextAnswer[] = [
  { type: 'text/plain', description: 'Prometheus text format 0.0.4.' },
  { type: 'application/openmetrics-text', description: 'OpenMetrics 1.0, if the client accepts it.' },
]

const metrics = {
  access: 'person',
  scope: 'metrics',
  tag: 'care',
  texts: METRICS,
} as const

export const getMetrics = defineOperation('GET /api/v1/metrics', {
  ...metrics,
  summary: 'Metrics of the node for Prometheus',
})

export const getMetricsPlainly = defineOperation('GET /metrics', {
  ...metrics,
  summary: 'The same metrics under the default path of scrapers',
})
