// Schemas of /tokens and /sessions, which open the API over TCP.
import * as z from 'zod'
import { CHOSEN_NAME, TOKEN_SCOPES, TOKEN_TTL_MS, TOKENS_PER_PERSON } from '../constants.ts'
import { count, flag, listOf, moment, named, oneOf, pattern, someText, text, whole } from './fields.ts'

const SCOPE_MEANS =
  'what the token allows: `metrics` the metrics, `read` everything that only shows, `ask` questions to the mesh, `full` everything that its owner may do; each scope includes those before it'

export const scope = () => oneOf(TOKEN_SCOPES, SCOPE_MEANS)

const fields = {
  id: pattern(/^[0-9a-f]{10}$/, 'part of the token after `karo_`; not secret'),
  name: text(64, 'name of the token; its id if the owner gave no name'),
  scope: scope(),
  created_at: moment('when it was made'),
  expires_at: moment('when it ends'),
  last_used_at: moment('when it was last used, to the minute').nullable(),
}

export const token = named('Token', fields)

export const tokenList = z.strictObject({
  tokens: listOf(token, TOKENS_PER_PERSON, 'the newest first'),
})

export const tokenCreated = named('TokenCreated', {
  ...fields,
  token: text(64, 'the token itself; it cannot be read again later'),
  http: z
    .strictObject({
      enabled: flag('http.enabled; while it is false, the token cannot be used'),
      listen: text(32, 'host:port').nullable(),
    })
    .describe('where the token can be used now; null: nowhere'),
})

export const session = named('Session', {
  scope: scope(),
  key: text(43, 'send it as X-Karo-Session with every request, together with the cookie'),
  idle_ms: count('milliseconds without a request after which the session ends'),
  expires_in_ms: count('milliseconds after which the session ends in any case'),
})

const openSession = named('OpenSession', {
  session: count('number of the session; not secret'),
  scope: scope(),
  token: text(10, 'id of the token that opened it').nullable().describe('null: opened by a code'),
  opened_at: moment('when it was opened'),
  last_used_at: moment('time of its last request'),
})

export const sessionList = z.strictObject({ sessions: listOf(openSession, 64, 'the newest first') })

export const sessionsEnded = z.strictObject({ ended: count('sessions that were ended') })

export const sessionCode = named('SessionCode', {
  code: text(43, 'opens one session'),
  scope: oneOf(
    TOKEN_SCOPES,
    'of the session: `approve` where the kernel names a terminal of the caller out of which nothing asked for an approval, else `full`',
  ),
  expires_in_ms: count('time left to use it'),
  listen: text(32, 'where the API listens, `host:port`').nullable(),
  page: text(40, 'address of the page, `http://localhost:9237`').nullable(),
})

export type TokenShape = z.infer<typeof token>
export type TokenCreatedShape = z.infer<typeof tokenCreated>
export type SessionShape = z.infer<typeof session>

export const createTokenBody = z.strictObject({
  name: pattern(CHOSEN_NAME, 'to know it by').exactOptional(),
  scope: oneOf(TOKEN_SCOPES, 'what the token allows').default('read'),
  ttl_ms: whole(TOKEN_TTL_MS.least, TOKEN_TTL_MS.most, 'how long it is valid').default(TOKEN_TTL_MS.usual),
})

export const revokeTokenBody = z.strictObject({
  token: someText(64, 'its id or its name'),
})

export const openSessionBody = z.strictObject({ code: someText(64, 'of /api/v1/sessions/codes') }).nullable()

export const endSessionAnswer = z.strictObject({})

export const endSessionsBody = z.strictObject({
  session: z
    .int()
    .min(1)
    .exactOptional()
    .describe('number of the session; absent: all sessions and all codes'),
})
