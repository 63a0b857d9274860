// /logs, /problems and /metrics, described: for whoever looks after the node.
import * as z from 'zod'
import { LOG_LEVELS } from '../../../base/run/log.ts'
import { defineOperation, type TextAnswer } from '../operation.ts'

const schemas = () => import('../schemas/care.ts')

export const getLogs = defineOperation({
  method: 'GET',
  path: '/api/v1/logs',
  access: 'admin',
  tag: 'care',
  summary: "The daemon's last log lines, and with `follow` those to come",
  query: z.strictObject({
    lines: z.int().min(0).max(1_000).default(100).describe('how many of those there are, the newest'),
    follow: z.boolean().default(false).describe('go on with those to come'),
    level: z.enum(LOG_LEVELS).exactOptional().describe('this level and what is more important'),
    trace: z
      .string()
      .regex(/^[0-9a-f]{1,32}$/)
      .exactOptional()
      .describe('a trace id, or how it begins'),
  }),
  texts: [
    {
      type: 'application/x-ndjson',
      description: 'Oldest first. A reader that is slow misses lines, and is told how many.',
      item: async () => (await schemas()).logLine,
    },
  ],
  errors: ['rate_limited'],
  example: { query: { level: 'warn', lines: '50' } },
})

export const getProblems = defineOperation({
  method: 'GET',
  path: '/api/v1/problems',
  access: 'admin',
  tag: 'care',
  summary: 'Recent warnings and errors without their words',
  description:
    'Hashed with a salt that nobody keeps: without names, paths or commands. For `karo report-problem`.',
  answer: async () => (await schemas()).problemList,
})

const METRICS: readonly TextAnswer[] = [
  { type: 'text/plain', description: 'Prometheus text format 0.0.4.' },
  { type: 'application/openmetrics-text', description: 'OpenMetrics 1.0, for those who accept it.' },
]

const metrics = {
  method: 'GET',
  access: 'person',
  scope: 'metrics',
  tag: 'care',
  texts: METRICS,
} as const

export const getMetrics = defineOperation({
  ...metrics,
  path: '/api/v1/metrics',
  summary: 'How the node is, in numbers for Prometheus',
})

export const getMetricsPlainly = defineOperation({
  ...metrics,
  path: '/metrics',
  summary: 'The same, where scrapers look unless they are told otherwise',
})
