// /sessions: a browser gets a cookie and a key for a token, or for a code that was made over the control socket.

import type { FastifyRequest } from 'fastify'
import { KaroError } from '../../base/errors.ts'
import { type SeatOfCaller, seatByKernel } from '../access/at-terminal.ts'
import { clearCookie, readCookies, setCookie } from '../access/cookie.ts'
import type { Credentials } from '../access/credentials.ts'
import { CODE_MS, type Grant, IDLE_MS, LIFE_MS, type Sessions } from '../access/sessions.ts'
import { hostAndPort, type TcpListener } from '../access/tcp.ts'
import * as api from '../contract/operations/tokens.ts'
import type { Caller, Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'
import { time } from '../server/shown.ts'

interface SessionDeps {
  readonly sessions: Sessions
  readonly listener: Pick<TcpListener, 'address' | 'origin' | 'sweep'>
  readonly credentials: Pick<Credentials, 'refuseOpening'>
  /** Throws KaroError `refused` for a caller out of whose terminal nothing may be approved. */
  readonly checkApproving: (caller: Caller) => void
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}

export function sessionRoutes({
  sessions,
  listener,
  credentials,
  checkApproving,
  seatOf = seatByKernel,
}: SessionDeps): Routes {
  function grantOf(request: FastifyRequest, code: string | undefined): Grant {
    const grant = code === undefined ? undefined : sessions.redeem(code)
    if (grant !== undefined) return grant
    if (code !== undefined || request.caller === undefined) credentials.refuseOpening(request.raw, code)
    return grantOfToken(request.caller)
  }

  /** A page approves what agents ask for only where the command that opens it could. */
  function placeOf(caller: Caller): Pick<Grant, 'seat' | 'scope'> {
    const found = seatOf(caller)
    if (found === undefined) return { scope: 'full' }
    const seat = { sessions: found.sessions, near: found.near }
    try {
      checkApproving(caller)
      return { seat, scope: 'approve' }
    } catch (error) {
      if (!(error instanceof KaroError)) throw error
      return { seat, scope: 'full' }
    }
  }

  return (server) => {
    serve(server, api.openSession, async (request, reply) => {
      const address = listener.address()
      const grant = grantOf(request, request.body?.code)
      const { session, cookie, key } = sessions.open(grant, readCookies(request.raw, address))
      reply.header('set-cookie', setCookie(address, cookie))
      return { scope: session.scope, key, idle_ms: IDLE_MS, expires_in_ms: LIFE_MS }
    })
    serve(server, api.endSession, async ({ caller, raw }, reply) => {
      const number = caller.credential?.session
      if (number === undefined) throw new KaroError('not_found', 'this request was not made in a session')
      sessions.end(number)
      // Other pages of this browser keep using the session.
      if (!sessions.has(readCookies(raw, listener.address())))
        reply.header('set-cookie', clearCookie(listener.address()))
      return {}
    })
    serve(server, api.getSessions, async ({ caller }) => ({
      sessions: sessions.list(caller.person).map(({ number, scope, token = null, openedAt, usedAt }) => ({
        session: number,
        scope,
        token,
        opened_at: time(openedAt),
        last_used_at: time(usedAt),
      })),
    }))
    serve(server, api.endSessions, async ({ caller, body: { session } }) => {
      const own = sessions.list(caller.person)
      const ending = session === undefined ? own : own.filter(({ number }) => number === session)
      if (session === undefined) sessions.dropCodes(caller.person)
      else if (ending.length === 0) {
        throw new KaroError('not_found', `you have no session ${session}`, {
          hint: 'karo token sessions shows your sessions.',
        })
      }
      for (const { number } of ending) sessions.end(number)
      listener.sweep()
      return { ended: ending.length }
    })
    serve(server, api.createSessionCode, async ({ caller }) => {
      const { seat, scope } = placeOf(caller)
      const code = sessions.makeCode({ uid: caller.person, scope, seat })
      return {
        code,
        scope,
        expires_in_ms: CODE_MS,
        listen: hostAndPort(listener.address()),
        page: listener.origin(),
      }
    })
  }
}

/** The grant of a session that a token opens: the token's own scope. A session cannot open another session. */
function grantOfToken(caller: Caller | undefined): Grant {
  const { token, scope, session } = caller?.credential ?? {}
  if (caller !== undefined && token !== undefined && scope !== undefined && session === undefined) {
    return { uid: caller.person, scope, token }
  }
  const code = caller === undefined ? 'unauthorized' : 'refused'
  throw new KaroError(code, 'a session is opened with a token or a code', {
    hint: 'Send the header Authorization: Bearer <token>; karo token create makes one.',
  })
}
