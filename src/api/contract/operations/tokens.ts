// /tokens and /sessions, described: what opens the API over TCP.
import * as z from 'zod'
import { TOKEN_SCOPES, TOKEN_TTL_MS } from '../constants.ts'
import { defineOperation } from '../operation.ts'

const schemas = () => import('../schemas/tokens.ts')

const ofPerson = { access: 'person', via: 'socket', tag: 'keys' } as const

export const getTokens = defineOperation({
  ...ofPerson,
  method: 'GET',
  path: '/api/v1/tokens',
  summary: "The caller's tokens",
  answer: async () => (await schemas()).tokenList,
})

export const createToken = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/tokens',
  daily: true,
  summary: 'Make a token',
  description:
    'It opens the API over TCP as its owner, never for more than they may do at that moment. Only its hash is kept.',
  body: z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .exactOptional()
      .describe('to know it by'),
    scope: z.enum(TOKEN_SCOPES).default('read').describe('how far it opens'),
    ttl_ms: z
      .int()
      .min(TOKEN_TTL_MS.least)
      .max(TOKEN_TTL_MS.most)
      .default(TOKEN_TTL_MS.usual)
      .describe('how long it holds'),
  }),
  answer: async () => (await schemas()).tokenCreated,
  errors: ['conflict'],
  example: { body: { name: 'prometheus', scope: 'metrics', ttl_ms: TOKEN_TTL_MS.most } },
})

export const revokeToken = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/tokens/revoke',
  summary: 'Revoke a token at once',
  description: 'Its sessions, and the connections it opened, end with it.',
  body: z.strictObject({ token: z.string().min(1).max(64).describe('its id or its name') }),
  answer: async () => (await schemas()).token,
  errors: ['not_found'],
  example: { body: { token: 'prometheus' } },
})

export const openSession = defineOperation({
  method: 'POST',
  path: '/api/v1/sessions',
  access: 'anyone',
  tag: 'keys',
  summary: 'Open a session for a browser',
  description:
    'With a token in the header `Authorization`, or with a one-time code. Sets a cookie that scripts cannot read, and answers with a key that has to be sent as `X-Karo-Session` with every request, because cookies also go to every other port of the same host. A request that changes something needs the `Origin` of this server besides.',
  body: z.strictObject({ code: z.string().min(1).max(64).describe('of /api/v1/sessions/codes') }).nullable(),
  // Anybody may send one.
  bodyBytes: 1_024,
  answer: async () => (await schemas()).session,
  errors: ['unauthorized', 'refused'],
  example: { body: null },
})

export const endSession = defineOperation({
  method: 'DELETE',
  path: '/api/v1/sessions',
  access: 'person',
  scope: 'metrics',
  tag: 'keys',
  summary: 'End the session that asks for it',
  answer: async () => z.strictObject({}),
  errors: ['not_found'],
})

export const getSessions = defineOperation({
  ...ofPerson,
  method: 'GET',
  path: '/api/v1/sessions',
  summary: "The caller's sessions",
  answer: async () => (await schemas()).sessionList,
})

export const endSessions = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/sessions/end',
  summary: "End the caller's sessions at once",
  description: 'With everything that is under way in them. Codes that opened none yet open none any more.',
  body: z.strictObject({
    session: z.int().min(1).exactOptional().describe('this one; absent: all of them, and all codes'),
  }),
  answer: async () => (await schemas()).sessionsEnded,
  errors: ['not_found'],
  example: { body: { session: 1 } },
})

export const createSessionCode = defineOperation({
  ...ofPerson,
  method: 'POST',
  path: '/api/v1/sessions/codes',
  summary: 'Make a code that opens one session',
  description: 'It holds for a minute, and for everything the caller may do.',
  answer: async () => (await schemas()).sessionCode,
})
