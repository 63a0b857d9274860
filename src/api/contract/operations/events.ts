// The operation of /events: what happens on the node, as it happens.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/events.ts'))

export const getEvents = defineOperation('GET /api/v1/events', {
  access: 'person',
  tag: 'node',
  summary: 'What happens on this node, as it happens',
  description: `Server-sent events (HTML Living Standard, 9.2). The data of each is a FeedEvent as JSON, \`event\` is its type. It
continues after the id in \`Last-Event-ID\`, else after \`since\`, else from now on. If events after that id are not
kept any more, or the daemon was restarted since, the first event is \`lost\`, with the number of missing events if it is
known. Events about a person go to that person only. If a client does not read, its connection is closed; it can continue
by its last id.`,
  query: from.getEventsQuery,
  lines: {
    type: 'text/event-stream',
    description: 'Endless. A comment and the current id come at least every 15 s.',
    item: from.feedEvent,
  },
  errors: ['bad_request', 'rate_limited'],
  example: { types: 'peer_connected' },
})
