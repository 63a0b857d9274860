// Operations of /summaries: editions that this node published, and those of others that it holds.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/share.ts'))

export const getPublished = defineOperation('GET /api/v1/summaries/published', {
  access: 'person',
  tag: 'sharing',
  summary: 'Editions of this node that hold numbers of the caller, and who can open them',
  description:
    'As of now. If a node may not read the summaries any more, it cannot open the next edition of each period, which comes within a minute.',
  answer: from.publishedSummaries,
})

export const getSummaries = defineOperation('GET /api/v1/summaries', {
  access: 'asker',
  tag: 'sharing',
  summary: 'Summaries of other nodes that this one can open',
  description: 'Only the list, not the contents. A query uses the contents for members that are absent.',
  query: from.getSummariesQuery,
  answer: from.heldSummaries,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { author: 'bob', limit: '20' },
})
