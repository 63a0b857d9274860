// /events, described: what happens on the node, as it happens.
import * as z from 'zod'
import { EVENT_TYPES } from '../constants.ts'
import { defineOperation } from '../operation.ts'
import { listOf } from '../schemas/fields.ts'

export const getEvents = defineOperation({
  method: 'GET',
  path: '/api/v1/events',
  access: 'person',
  tag: 'node',
  summary: 'What happens on this node, as it happens',
  description: `Server-sent events (HTML Living Standard, 9.2). The data of each is a FeedEvent as JSON, \`event\` is its type. It
continues after the id in \`Last-Event-ID\`, else after \`since\`, else from now on. When events after that id are not
kept any more, or it is of an earlier life of the daemon, the first event is \`lost\`, and says how many when that is
known. Of persons everybody sees their own only. A follower that does not read is hung up on, and continues by its id.`,
  query: z.strictObject({
    since: z
      .string()
      .min(1)
      .max(64)
      .exactOptional()
      .describe('the id of an event, or 0 for all that are kept'),
    types: listOf(z.enum(EVENT_TYPES), EVENT_TYPES.length)
      .optional()
      .describe('repeated; only these, and `lost` in any case'),
  }),
  texts: [
    {
      type: 'text/event-stream',
      description: 'Endless. A comment and the current id come at least every 15 s.',
      item: async () => (await import('../schemas/events.ts')).feedEvent,
    },
  ],
  errors: ['bad_request', 'rate_limited'],
  example: { query: { types: 'peer_connected' } },
})
