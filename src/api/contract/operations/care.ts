// Operations of /logs, /problems and /metrics, for people who look after the node.
import { defineOperation, schemasOf, type TextAnswer } from '../operation.ts'

const from = schemasOf(() => import('../schemas/care.ts'))

export const getLogs = defineOperation('GET /api/v1/logs', {
  access: 'admin',
  tag: 'care',
  summary: "The node's last log lines, and with `follow` new ones",
  query: from.getLogsQuery,
  lines: {
    type: 'application/x-ndjson',
    description: 'Oldest first. A slow reader misses lines; one line then says how many.',
    item: from.logLine,
  },
  errors: ['rate_limited'],
  example: { level: 'warn', lines: '50' },
})

export const getSettings = defineOperation('GET /api/v1/config', {
  access: 'admin',
  tag: 'care',
  summary: 'The configuration of the daemon, and where each value comes from',
  description:
    'As the file and the environment of the daemon say it now; `waits` tells which values are not in force yet.',
  answer: from.settings,
})

export const reloadSettings = defineOperation('POST /api/v1/config/reload', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'Take over the configuration file, as SIGHUP does for a service',
  description:
    'A file that cannot be used changes nothing. With `restart` the node begins anew in its process, soon after the answer, where a key waits for that: its links end for a moment, as do tasks of agents, and vaults are locked.',
  body: from.reloadBody,
  answer: from.reloaded,
  errors: ['unavailable'],
  example: { restart: true },
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

const fromPeople = schemasOf(() => import('../schemas/people.ts'))

export const getPeople = defineOperation('GET /api/v1/people', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'The people whose data is here, and which data is held back',
  answer: fromPeople.people,
})

const aboutPerson = {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  answer: fromPeople.personAnswer,
  errors: ['refused', 'not_found', 'conflict'],
} as const

export const mapPerson = defineOperation('POST /api/v1/people/map', {
  ...aboutPerson,
  summary: "Give a person's data to an account",
  description:
    'Only root and the user of the daemon may do this, because it opens the commands of one person to another account.',
  body: fromPeople.mapBody,
  example: { person: 'ada', user: 'ada' },
})

export const removePerson = defineOperation('POST /api/v1/people/remove', {
  ...aboutPerson,
  summary: "Remove a person's history, consent and tokens for good",
  description: 'Only root and the user of the daemon may do this.',
  body: fromPeople.removeBody,
  example: { person: 'ada', dry_run: true },
})
