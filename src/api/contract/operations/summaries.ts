// /summaries, described: what was published here, and what of others is held here.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'
import { moment, who } from '../schemas/fields.ts'

const schemas = () => import('../schemas/share.ts')

const SUMMARIES_LIMIT_MAX = 1_000

export const getPublished = defineOperation({
  method: 'GET',
  path: '/api/v1/summaries/published',
  access: 'person',
  tag: 'sharing',
  summary: 'Editions of this node that hold numbers of the caller, and who can open them',
  description:
    'As of now: a node that may not read them any more cannot open the next edition of each period, which comes within a minute.',
  answer: async () => (await schemas()).publishedSummaries,
})

export const getSummaries = defineOperation({
  method: 'GET',
  path: '/api/v1/summaries',
  access: 'asker',
  tag: 'sharing',
  summary: 'Summaries of other nodes that this one can open',
  description:
    'Which there are, not what is in them: for that, ask the mesh; they stand in for who is absent.',
  query: z.strictObject({
    author: who().exactOptional(),
    since: moment('only periods that ended after it; absent: of the last 7 days').exactOptional(),
    limit: z.int().min(1).max(SUMMARIES_LIMIT_MAX).default(100).describe('how many; `total` counts all'),
  }),
  answer: async () => (await schemas()).heldSummaries,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { query: { author: 'bob', limit: '20' } },
})
