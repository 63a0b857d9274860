// Finds the caller of a request over TCP by its token or session, and limits how often callers may ask.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createQuota, createQuotas, type Quota, type Rate } from '../../base/quota.ts'
import type { Rights } from '../../trust/access/index.ts'
import { openSession } from '../contract/operations/tokens.ts'
import { RateLimited } from '../server/errors.ts'
import type { Caller, Credential } from '../server/route.ts'
import { clearCookie, readCookies } from './cookie.ts'
import type { Refusal } from './guard.ts'
import type { Sessions } from './sessions.ts'
import type { TcpListener } from './tcp.ts'
import type { Tokens } from './tokens.ts'
import { keepsRights } from './vouched.ts'

/** Requests of one token or session: enough for a page that loads everything at once, and far more than a scraper sends. */
const REQUESTS = { frames: 600, perMs: 60_000 } as const
/** Requests of all callers without a credential together, except for the page. */
const NAMELESS = { frames: 300, perMs: 60_000 } as const
/** Wrong credentials of one address, and of all addresses. Requests with a valid credential are neither counted nor delayed. */
const WRONG = { frames: 20, perMs: 60_000 } as const
const WRONG_OF_ALL = { frames: 100, perMs: 60_000 } as const
/** When a caller with too many connections may try again: an idle connection ends within this time. */
const CONNECTION_FREE_MS = 5_000
/** Most quotas in memory: as many as there can be tokens and sessions. */
const QUOTAS_MAX = 4_096
/** Most addresses with a quota of their own; all of 127.0.0.0/8 may connect. */
const ADDRESSES_MAX = 1_024

const WRONG_SHOWN = 'the token or session is unknown, has expired or was revoked'
const TOKEN_HINT = 'karo token create makes a new one.'
const CODE_HINT = 'A code opens one session within a minute; ask for another one.'

const BEARER = /^Bearer ([!-~]+)$/i
/** Carries the key of a session: a page gets it in the answer to `POST /api/v1/sessions` and sends it with every request. */
const KEY_HEADER = 'x-karo-session'

export interface CredentialsDeps {
  readonly tokens: Pick<Tokens, 'find' | 'holds'>
  readonly sessions: Pick<Sessions, 'find' | 'holds' | 'has'>
  readonly listener: Pick<TcpListener, 'vouch' | 'address'>
  /** The rights that a person has now. */
  readonly rightsOf: (uid: number) => Promise<Rights>
  /** The uid of the account to which a person's number belongs; undefined while their data is held back. */
  readonly accountOf: (person: number) => Promise<number | undefined>
  readonly onRefused: (reason: Refusal) => void
  readonly clock: Clock
}

/** A valid credential of a request. */
interface Held {
  readonly person: number
  readonly credential: Credential
  readonly holds: () => boolean
}

export type Credentials = ReturnType<typeof createCredentials>

export function createCredentials(deps: CredentialsDeps) {
  const { tokens, sessions, listener, rightsOf, accountOf, onRefused, clock } = deps
  const requestsOf = createQuotas<string>(REQUESTS, QUOTAS_MAX)
  const nameless = createQuota(NAMELESS)
  const wrongOf = createQuotas<string>(WRONG, ADDRESSES_MAX)
  const wrongOfAll = createQuota(WRONG_OF_ALL)

  function heldOf(request: IncomingMessage, response: ServerResponse): Held | undefined {
    const { authorization } = request.headers
    if (authorization !== undefined) return ofToken(BEARER.exec(authorization)?.[1]) ?? fail(request)
    // Neither the cookie of a session that has ended nor one that another program left must keep somebody from these.
    if (needsNone(request)) return undefined
    const address = listener.address()
    const cookies = readCookies(request, address)
    if (cookies.length === 0) return undefined
    // The cookie of a session that exists is not cleared if this page has lost its key, because another tab may have the key.
    if (!sessions.has(cookies)) response.setHeader('set-cookie', clearCookie(address))
    const held = ofSession(cookies, String(request.headers[KEY_HEADER] ?? '')) ?? fail(request)
    if (request.method !== 'GET' && request.headers.origin === undefined) {
      throw new KaroError('refused', 'a page that changes something has to send the header Origin', {
        hint: 'Browsers send Origin by themselves; scripts use a token instead of a cookie.',
      })
    }
    return held
  }

  function ofToken(secret: string | undefined): Held | undefined {
    const token = secret === undefined ? undefined : tokens.find(secret)
    if (token === undefined) return undefined
    const { id, uid: person, scope } = token
    return { person, credential: { scope, token: id }, holds: () => tokens.holds(id) }
  }

  function ofSession(cookies: readonly string[], key: string): Held | undefined {
    const session = sessions.find(cookies, key)
    if (session === undefined) return undefined
    const { number, uid: person, scope, token, seat } = session
    const credential = { scope, session: number, token, seat }
    return { person, credential, holds: () => sessions.holds(number) }
  }

  function fail(request: IncomingMessage, what = WRONG_SHOWN, hint = TOKEN_HINT): never {
    const now = clock.monotonic()
    const address = request.socket.remoteAddress ?? ''
    onRefused('credential')
    // The quota of the address comes first: once it is used up, the address takes nothing from the quota of all.
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

  /**
   * The caller of a request over TCP, with the rights that the owner of the credential has now; undefined if the request
   * has no credential. Throws KaroError `unauthorized` for an invalid credential, `refused` for a change with a session
   * and without the header Origin, and RateLimited.
   */
  async function callerOf(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined> {
    const held = heldOf(request, response)
    if (held === undefined) {
      // A request that opens a session has its code in the body, so it is not counted with requests without a credential.
      // The page is the same for everybody and costs little, so that nobody can use up the quota to keep it from others.
      if (!needsNone(request)) spend(nameless, NAMELESS)
      return undefined
    }
    const { person, credential, holds } = held
    const account = await accountOf(person)
    if (account === undefined) fail(request)
    const rights = await rightsOf(account)
    const stillGood = async () =>
      holds() && (await accountOf(person)) === account && keepsRights(rights, await rightsOf(account))
    if (!listener.vouch(person, request.socket, response, stillGood)) {
      onRefused('rate')
      throw new RateLimited('you have too many connections at once', CONNECTION_FREE_MS)
    }
    const name =
      credential.session === undefined ? `token ${credential.token}` : `session ${credential.session}`
    spend(requestsOf(name), REQUESTS)
    return { person, account, ...rights, via: 'http', credential }
  }

  return {
    callerOf,
    /** Refuses to open a session with the invalid `code`, or without a code. Always throws `unauthorized` or RateLimited if there is a code. */
    refuseOpening(request: IncomingMessage, code: string | undefined): void {
      if (code === undefined) spend(nameless, NAMELESS)
      else fail(request, 'that code was used already, or is too old', CODE_HINT)
    },
  }
}

/**
 * True for what needs no session: the page and its files, and the request that opens a session, if its path is written
 * exactly like that of the operation.
 */
const needsNone = ({ method, url = '' }: IncomingMessage): boolean =>
  method === openSession.method
    ? url.split('?', 1)[0] === openSession.path
    : method === 'GET' && /^\/(?:$|\?|window\/)/.test(url)
