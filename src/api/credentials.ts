// Who is behind a request over TCP: the token or session it shows, judged, counted and slowed down.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createQuota, type Quota } from '../../protocols/quota.ts'
import type { Rights } from '../access/index.ts'
import type { Clock } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import { createRecent } from '../base/recent.ts'
import { RateLimited } from './errors.ts'
import type { Refusal } from './guard.ts'
import type { Caller, Credential } from './route.ts'
import type { Sessions } from './sessions.ts'
import type { Address, TcpListener } from './tcp.ts'
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

const BEARER = /^Bearer ([!-~]+)$/i
/** A page reads it from the answer to `POST /api/v1/sessions`, keeps it for itself, and sends it with every request. */
const KEY_HEADER = 'x-karo-session'

export interface CredentialsDeps {
  readonly tokens: Pick<Tokens, 'find' | 'holds'>
  readonly sessions: Pick<Sessions, 'find' | 'holds'>
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

/**
 * The caller of a request that came in over TCP; undefined when it shows nothing. The rights are those its owner has at
 * this moment. Throws KaroError `unauthorized` for what is shown and not good, `refused` for a change by a page that does
 * not say it is ours, RateLimited.
 */
export function createCredentials(
  deps: CredentialsDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<Caller | undefined> {
  const { tokens, sessions, listener, rightsOf, onRefused, clock } = deps
  const quotas = createRecent<string, Quota>(QUOTAS_MAX)
  const nameless = createQuota(NAMELESS)
  const wrong = createRecent<string, Quota>(ADDRESSES_MAX)
  const wrongOfAll = createQuota(WRONG_OF_ALL)

  function heldOf(request: IncomingMessage): Held | undefined {
    const { authorization } = request.headers
    if (authorization !== undefined) return ofToken(BEARER.exec(authorization)?.[1]) ?? fail(request)
    const cookie = cookieOf(request, cookieName(listener.address()))
    if (cookie === undefined) return undefined
    const key = request.headers[KEY_HEADER]
    const held = ofSession(cookie, typeof key === 'string' ? key : '') ?? fail(request)
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers.origin === undefined) {
      throw new KaroError('refused', 'a change by a page has to say which page it is', {
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

  function fail(request: IncomingMessage): never {
    const now = clock.monotonic()
    const address = request.socket.remoteAddress ?? ''
    onRefused('credential')
    // Both count: one address that is over its share must not use up what is left for the others.
    if (!quotaOf(wrong, address, WRONG).take(now) || !wrongOfAll.take(now)) {
      throw new RateLimited('too many wrong tokens', WRONG.perMs / WRONG.frames)
    }
    throw new KaroError('unauthorized', 'the token or session is unknown, has expired or was revoked', {
      hint: 'karo token create makes a new one.',
    })
  }

  function spend(quota: Quota, { frames, perMs }: { frames: number; perMs: number }): void {
    if (quota.take(clock.monotonic())) return
    onRefused('rate')
    throw new RateLimited('too many requests', perMs / frames)
  }

  return async (request, response) => {
    const held = heldOf(request)
    if (held === undefined) {
      spend(nameless, NAMELESS)
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
    spend(quotaOf(quotas, name, REQUESTS), REQUESTS)
    return { uid, ...rights, via: 'http', credential }
  }
}

function quotaOf(
  all: ReturnType<typeof createRecent<string, Quota>>,
  name: string,
  limit: { readonly frames: number; readonly perMs: number },
): Quota {
  const known = all.get(name)
  if (known !== undefined) return known
  const quota = createQuota(limit)
  all.set(name, quota)
  return quota
}

/** Cookies know no ports: each node of a machine has its own. */
export const cookieName = (address: Address | null): string => `karo_session_${address?.port ?? 0}`

/** Undefined also when there are several: somebody else set one of them. */
function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const values = (headers.cookie ?? '').split(';').flatMap((pair) => {
    const [key, value = ''] = pair.split('=', 2)
    return key?.trim() === name ? [value.trim()] : []
  })
  return values.length === 1 ? values[0] : undefined
}
