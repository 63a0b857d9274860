// /summaries, described: what was published here, and what of others is held here.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/share.ts'))

export const getPublished = defineOperation('GET /api/v1/summaries/published', {
  access: 'person',
  tag: 'sharing',
  summary: 'Editions of this node that hold numbers of the caller, and who can open them',
  description:
    'As of now: a node that may not read them any more cannot open the next edition of each period, which comes within a minute.',
  answer: from.publishedSummaries,
})

export const getSummaries = defineOperation('GET /api/v1/summaries', {
  access: 'asker',
  tag: 'sharing',
  summary: 'Summaries of other nodes that this one can open',
  description:
    'Which there are, not what is in them: for that, ask the mesh; they stand in for who is absent.',
  query: from.getSummariesQuery,
  answer: from.heldSummaries,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { query: { author: 'bob', limit: '20' } },
})
