// Operations of /tokens and /sessions, which open the API over TCP.
import { TOKEN_TTL_MS } from '../constants.ts'
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/tokens.ts'))

const ofPerson = { access: 'person', via: 'socket', tag: 'keys' } as const

export const getTokens = defineOperation('GET /api/v1/tokens', {
  ...ofPerson,
  summary: "The caller's tokens",
  answer: from.tokenList,
})

export const createToken = defineOperation('POST /api/v1/tokens', {
  ...ofPerson,
  daily: true,
  summary: 'Make a token',
  description:
    'A request with the token acts as its owner, with at most the rights that the owner has at that moment. Only the hash of the token is kept.',
  body: from.createTokenBody,
  answer: from.tokenCreated,
  errors: ['conflict'],
  example: { name: 'prometheus', scope: 'metrics', ttl_ms: TOKEN_TTL_MS.most },
})

export const revokeToken = defineOperation('POST /api/v1/tokens/revoke', {
  ...ofPerson,
  summary: 'Revoke a token at once',
  description: 'Its sessions, and the connections it opened, end with it.',
  body: from.revokeTokenBody,
  answer: from.token,
  errors: ['not_found'],
  example: { token: 'prometheus' },
})

export const openSession = defineOperation('POST /api/v1/sessions', {
  access: 'anyone',
  tag: 'keys',
  summary: 'Open a session for a browser',
  description:
    'With a token in the header `Authorization`, or with a one-time code. Sets a cookie that scripts cannot read, and answers with a key that has to be sent as `X-Karo-Session` with every request, because cookies also go to every other port of the same host. A request that changes something needs the `Origin` of this server besides.',
  body: from.openSessionBody,
  // A small bound, because anybody may send such a request.
  bodyBytes: 1_024,
  answer: from.session,
  errors: ['unauthorized', 'refused'],
  example: null,
})

export const endSession = defineOperation('DELETE /api/v1/sessions', {
  access: 'person',
  scope: 'metrics',
  tag: 'keys',
  summary: 'End the session of this request',
  answer: from.endSessionAnswer,
  errors: ['not_found'],
})

export const getSessions = defineOperation('GET /api/v1/sessions', {
  ...ofPerson,
  summary: "The caller's sessions",
  answer: from.sessionList,
})

export const endSessions = defineOperation('POST /api/v1/sessions/end', {
  ...ofPerson,
  summary: "End the caller's sessions at once",
  description: 'Requests that are under way in them end too. Codes that were not used yet become invalid.',
  body: from.endSessionsBody,
  answer: from.sessionsEnded,
  errors: ['not_found'],
  example: { session: 1 },
})

export const createSessionCode = defineOperation('POST /api/v1/sessions/codes', {
  ...ofPerson,
  summary: 'Make a code that opens one session',
  description:
    'The code is valid for a minute. Its session has all rights of the caller; it can approve requests of agents only if the terminal of the caller could.',
  answer: from.sessionCode,
})
