// /doctor, described.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/doctor.ts'))

export const getDoctor = defineOperation('GET /api/v1/doctor', {
  access: 'person',
  // It may send on the network, and tells where others are.
  via: 'socket',
  tag: 'node',
  summary: 'What only the daemon knows of how the node is',
  description: 'Facts for `karo doctor`, which judges them together with what it finds on the machine.',
  query: from.getDoctorQuery,
  answer: from.doctorFacts,
})
