// /doctor, described.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'

export const getDoctor = defineOperation({
  method: 'GET',
  path: '/api/v1/doctor',
  access: 'person',
  // It may send on the network, and tells where others are.
  via: 'socket',
  tag: 'node',
  summary: 'What only the daemon knows of how the node is',
  description: 'Facts for `karo doctor`, which judges them together with what it finds on the machine.',
  query: z.strictObject({
    multicast: z
      .boolean()
      .default(false)
      .describe('try multicast too: asks on every interface mDNS may speak on, and listens for two seconds'),
  }),
  answer: async () => (await import('../schemas/doctor.ts')).doctorFacts,
})
