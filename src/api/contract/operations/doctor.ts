// Operations of /doctor.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/doctor.ts'))

export const getDoctor = defineOperation('GET /api/v1/doctor', {
  access: 'person',
  // Over the socket only, because the operation may send on the network and tells addresses of others.
  via: 'socket',
  tag: 'node',
  summary: 'Facts about the node that only the daemon knows',
  description: 'For `karo doctor`, which judges them together with what it finds on the machine.',
  query: from.getDoctorQuery,
  answer: from.doctorFacts,
})

export const leaveFindings = defineOperation('POST /api/v1/doctor/findings', {
  access: 'person',
  via: 'socket',
  tag: 'node',
  summary: 'Leave what `karo doctor` has found, for the page',
  description:
    'What it looks at is the machine as this person has it, which the daemon does not see. Only the newest findings of a person are kept, in memory.',
  body: from.leaveFindingsBody,
  answer: from.findingsLeft,
  example: {
    body: { checks: [{ id: 'daemon.running', title: 'the daemon', outcome: 'ok', detail: 'it answers' }] },
  },
})

export const getFindings = defineOperation('GET /api/v1/doctor/findings', {
  access: 'person',
  tag: 'node',
  summary: "What the caller's last `karo doctor` has found",
  answer: from.doctorFindings,
})
