// Operations of /doctor.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/doctor.ts'))

export const getDoctor = defineOperation('GET /api/v1/doctor', {
  access: 'person',
  // Over the socket only, because the operation may send on the network and tells addresses of others.
  via: 'socket',
  tag: 'node',
  summary: 'Facts about the node that only the daemon knows',
  description: 'For `karo doctor`, which combines them with its own checks of the machine.',
  query: from.getDoctorQuery,
  answer: from.doctorFacts,
})

export const leaveFindings = defineOperation('POST /api/v1/doctor/findings', {
  access: 'person',
  via: 'socket',
  tag: 'node',
  summary: 'Store the findings of `karo doctor`, for the dashboard',
  description:
    'The command checks the machine as this person sees it, which the daemon cannot. Only the newest findings of a person are kept, in memory.',
  body: from.leaveFindingsBody,
  answer: from.findingsLeft,
  example: { checks: [{ id: 'daemon.running', title: 'the daemon', outcome: 'ok', detail: 'it answers' }] },
})

export const getFindings = defineOperation('GET /api/v1/doctor/findings', {
  access: 'person',
  tag: 'node',
  summary: "Findings of the caller's last `karo doctor`",
  answer: from.doctorFindings,
})
