// The operation of /doctor.
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
