// The operation of /processes.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/processes.ts'))

export const getProcesses = defineOperation('GET /api/v1/processes', {
  access: 'person',
  tag: 'terminal',
  summary: "Resource use of processes in the caller's shells",
  description:
    'Karo looks at processes from outside about once a second, so shorter processes, and use after the last sample, are missing.',
  query: from.getProcessesQuery,
  answer: from.processes,
  example: { since: '2026-11-20T00:00:00Z', sort: 'cpu' },
})
