// Who is behind a request over TCP: the token or session it shows, judged, counted and slowed down.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createQuota, createQuotas, type Quota, type Rate } from '../../base/quota.ts'
import type { Rights } from '../../trust/access/index.ts'
import { openSession } from '../contract/operations/tokens.ts'
import { RateLimited } from '../server/errors.ts'
import type { Caller, Credential } from '../server/route.ts'
import { clearCookie, readCookie } from './cookie.ts'
import type { Refusal } from './guard.ts'
import type { Sessions } from './sessions.ts'
import type { TcpListener } from './tcp.ts'
import type { Tokens } from './tokens.ts'
import { keepsRights } from './vouched.ts'

/** Of one token or session: a page that shows everything at once, and a scraper many times over. */
const REQUESTS = { frames: 600, perMs: 60_000 } as const
/** Of all that show nothing, together. */
const NAMELESS = { frames: 300, perMs: 60_000 } as const
/** Wrong credentials of one address, and of all. Who shows a good one is never counted here, nor held up by it. */
const WRONG = { frames: 20, perMs: 60_000 } as const
const WRONG_OF_ALL = { frames: 100, perMs: 60_000 } as const
/** What is said to whoever has too many connections: one that nothing is asked on ends within that time. */
const CONNECTION_FREE_MS = 5_000
/** Quotas kept: the tokens and sessions there can be. */
const QUOTAS_MAX = 4_096
/** The whole of 127.0.0.0/8 may call. */
const ADDRESSES_MAX = 1_024

const WRONG_SHOWN = 'the token or session is unknown, has expired or was revoked'
const TOKEN_HINT = 'karo token create makes a new one.'
const CODE_HINT = 'A code opens one session within a minute; ask for another one.'

const BEARER = /^Bearer ([!-~]+)$/i
/** A page reads it from the answer to `POST /api/v1/sessions`, keeps it for itself, and sends it with every request. */
const KEY_HEADER = 'x-karo-session'

export interface CredentialsDeps {
  readonly tokens: Pick<Tokens, 'find' | 'holds'>
  readonly sessions: Pick<Sessions, 'find' | 'holds' | 'has'>
  readonly listener: Pick<TcpListener, 'vouch' | 'address'>
  readonly rightsOf: (uid: number) => Promise<Rights>
  readonly onRefused: (reason: Refusal) => void
  readonly clock: Clock
}

/** What a request shows that is good. */
interface Held {
  readonly uid: number
  readonly credential: Credential
  readonly holds: () => boolean
}

export interface Credentials {
  /**
   * The caller of a request that came in over TCP; undefined when it shows nothing. The rights are those its owner has
   * at this moment. Throws KaroError `unauthorized` for what is shown and not good, `refused` for a change by a page that
   * does not say it is ours, RateLimited.
   */
  callerOf(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined>
  /** A code that is not good, shown to open a session; without one the request showed nothing. Throws as `callerOf`. */
  refuseOpening(request: IncomingMessage, code: string | undefined): void
}

export function createCredentials(deps: CredentialsDeps): Credentials {
  const { tokens, sessions, listener, rightsOf, onRefused, clock } = deps
  const requestsOf = createQuotas<string>(REQUESTS, QUOTAS_MAX)
  const nameless = createQuota(NAMELESS)
  const wrongOf = createQuotas<string>(WRONG, ADDRESSES_MAX)
  const wrongOfAll = createQuota(WRONG_OF_ALL)

  function heldOf(request: IncomingMessage, response: ServerResponse): Held | undefined {
    const { authorization } = request.headers
    if (authorization !== undefined) return ofToken(BEARER.exec(authorization)?.[1]) ?? fail(request)
    // A session opens no other; one that is over must not be in the way of the next.
    if (opens(request)) return undefined
    const address = listener.address()
    const cookie = readCookie(request, address)
    if (cookie === undefined) return undefined
    // Of a page that has lost its key the cookie is left alone: another tab may have both.
    if (!sessions.has(cookie)) response.setHeader('set-cookie', clearCookie(address))
    const key = request.headers[KEY_HEADER]
    const held = ofSession(cookie, typeof key === 'string' ? key : '') ?? fail(request)
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers.origin === undefined) {
      throw new KaroError('refused', 'a page that changes something has to send the header Origin', {
        hint: 'Browsers send Origin by themselves; scripts use a token instead of a cookie.',
      })
    }
    return held
  }

  function ofToken(secret: string | undefined): Held | undefined {
    const token = secret === undefined ? undefined : tokens.find(secret)
    if (token === undefined) return undefined
    const { id, uid, scope } = token
    return { uid, credential: { scope, token: id }, holds: () => tokens.holds(id) }
  }

  function ofSession(cookie: string, key: string): Held | undefined {
    const session = sessions.find(cookie, key)
    if (session === undefined) return undefined
    const { number, uid, scope, token } = session
    const credential = { scope, session: number, ...(token !== undefined && { token }) }
    return { uid, credential, holds: () => sessions.holds(number) }
  }

  function fail(request: IncomingMessage, what = WRONG_SHOWN, hint = TOKEN_HINT): never {
    const now = clock.monotonic()
    const address = request.socket.remoteAddress ?? ''
    onRefused('credential')
    // Both count: one address that is over its share must not use up what is left for the others.
    if (!wrongOf(address).take(now) || !wrongOfAll.take(now)) {
      throw new RateLimited('too many wrong tokens or codes', WRONG.perMs / WRONG.frames)
    }
    throw new KaroError('unauthorized', what, { hint })
  }

  function spend(quota: Quota, { frames, perMs }: Rate): void {
    if (quota.take(clock.monotonic())) return
    onRefused('rate')
    throw new RateLimited('too many requests', perMs / frames)
  }

  async function callerOf(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined> {
    const held = heldOf(request, response)
    if (held === undefined) {
      // What it shows is a code, in its body: a good one is held up by nobody who shows nothing.
      if (!opens(request)) spend(nameless, NAMELESS)
      return undefined
    }
    const { uid, credential, holds } = held
    const rights = await rightsOf(uid)
    const stillGood = async () => holds() && keepsRights(rights, await rightsOf(uid))
    if (!listener.vouch(uid, request.socket, response, stillGood)) {
      onRefused('rate')
      throw new RateLimited('too many connections of yours at once', CONNECTION_FREE_MS)
    }
    const name =
      credential.session === undefined ? `token ${credential.token}` : `session ${credential.session}`
    spend(requestsOf(name), REQUESTS)
    return { uid, ...rights, via: 'http', credential }
  }

  return {
    callerOf,
    refuseOpening(request, code) {
      if (code === undefined) spend(nameless, NAMELESS)
      else fail(request, 'that code was used already, or is too old', CODE_HINT)
    },
  }
}

/** Written in another way it is still that route, and its cookie then counts as everywhere. */
const opens = ({ method, url = '' }: IncomingMessage): boolean =>
  method === openSession.method && url.split('?', 1)[0] === openSession.path
