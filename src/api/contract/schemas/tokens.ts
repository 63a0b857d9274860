// Schemas of what opens the API over TCP: /tokens and /sessions.
import * as z from 'zod'
import { TOKEN_SCOPES, TOKEN_TTL_MS, TOKENS_PER_PERSON } from '../constants.ts'
import { count, listOf, moment, text } from './fields.ts'

const SCOPE_MEANS =
  'how far it opens, each what those before it open: `metrics` the numbers for a scraper, `read` whatever is only shown, `ask` questions to the mesh, `full` everything its owner may do'

export const scope = () => z.enum(TOKEN_SCOPES).describe(SCOPE_MEANS)

const fields = {
  id: z
    .string()
    .regex(/^[0-9a-f]{10}$/)
    .describe('stands in the token after `karo_`; no secret'),
  name: text(64, 'its id where its owner gave it no name'),
  scope: scope(),
  created_at: moment('when it was made'),
  expires_at: moment('when it ends'),
  last_used_at: moment('when it was last shown, to the minute').nullable(),
}

export const token = z.strictObject(fields).meta({ id: 'Token' })

export const tokenList = z.strictObject({
  tokens: listOf(token, TOKENS_PER_PERSON).describe('the newest first'),
})

export const tokenCreated = z
  .strictObject({
    ...fields,
    token: text(64, 'the token itself; never told again'),
    http: z
      .strictObject({
        enabled: z.boolean().describe('http.enabled: false, and the token opens nothing until that is true'),
        listen: text(32, 'host:port').nullable(),
      })
      .describe('where it can be shown now; null: nowhere'),
  })
  .meta({ id: 'TokenCreated' })

export const session = z
  .strictObject({
    scope: scope(),
    key: text(43, 'to be sent as X-Karo-Session with every request, beside the cookie'),
    idle_ms: count('without a request for so long, it ends'),
    expires_in_ms: count('whatever is done, it ends then'),
  })
  .meta({ id: 'Session' })

const openSession = z
  .strictObject({
    session: count('its number, which is no secret'),
    scope: scope(),
    token: text(10, 'id of the token that opened it').nullable().describe('null: opened by a code'),
    opened_at: moment('when it was opened'),
    last_used_at: moment('when something was last asked in it'),
  })
  .meta({ id: 'OpenSession' })

export const sessionList = z.strictObject({ sessions: listOf(openSession, 64).describe('the newest first') })

export const sessionsEnded = z.strictObject({ ended: count('sessions that were ended') })

export const sessionCode = z
  .strictObject({
    code: text(43, 'opens one session'),
    expires_in_ms: count('time left to use it'),
    listen: text(32, 'where the API listens, `host:port`').nullable(),
  })
  .meta({ id: 'SessionCode' })

export type TokenShape = z.infer<typeof token>
export type TokenListShape = z.infer<typeof tokenList>
export type TokenCreatedShape = z.infer<typeof tokenCreated>
export type SessionShape = z.infer<typeof session>
export type SessionListShape = z.infer<typeof sessionList>
export type SessionsEndedShape = z.infer<typeof sessionsEnded>
export type SessionCodeShape = z.infer<typeof sessionCode>

export const createTokenBody = z.strictObject({
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
})

export const revokeTokenBody = z.strictObject({
  token: z.string().min(1).max(64).describe('its id or its name'),
})

export const openSessionBody = z
  .strictObject({ code: z.string().min(1).max(64).describe('of /api/v1/sessions/codes') })
  .nullable()

export const endSessionAnswer = z.strictObject({})

export const endSessionsBody = z.strictObject({
  session: z.int().min(1).exactOptional().describe('this one; absent: all of them, and all codes'),
})
