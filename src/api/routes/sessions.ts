// /sessions: a browser trades a token, or a code of a minute from the control socket, for a cookie and a key.
import { KaroError } from '../../base/errors.ts'
import { cookieName } from '../credentials.ts'
import type { Refusal } from '../guard.ts'
import { serve } from '../operation.ts'
import { createSessionCode, endSession, openSession } from '../operations/tokens.ts'
import type { Caller, Routes } from '../route.ts'
import { CODE_MS, type Grant, IDLE_MS, LIFE_MS, type Sessions } from '../sessions.ts'
import { hostAndPort, type TcpListener } from '../tcp.ts'

interface SessionDeps {
  readonly sessions: Sessions
  readonly listener: Pick<TcpListener, 'address'>
  readonly onRefused: (reason: Refusal) => void
}

/** Only the API needs it: pages are served to anybody. */
const COOKIE = 'Path=/api/; HttpOnly; SameSite=Strict'

export function sessionRoutes({ sessions, listener, onRefused }: SessionDeps): Routes {
  function grantOf(caller: Caller | undefined, code: string | undefined): Grant {
    if (code === undefined) return grantOfToken(caller)
    const grant = sessions.redeem(code)
    if (grant !== undefined) return grant
    onRefused('credential')
    throw new KaroError('unauthorized', 'that code was used already, or is too old', {
      hint: 'A code opens one session within a minute; ask for another one.',
    })
  }

  return (server) => {
    serve(server, openSession, async ({ caller, body }, reply) => {
      const { session, cookie, key } = sessions.open(grantOf(caller, body?.code))
      const name = cookieName(listener.address())
      reply.header('set-cookie', `${name}=${cookie}; Max-Age=${LIFE_MS / 1_000}; ${COOKIE}`)
      return { scope: session.scope, key, idle_ms: IDLE_MS, expires_in_ms: LIFE_MS }
    })
    serve(server, endSession, async ({ caller }, reply) => {
      const number = caller.credential?.session
      if (number === undefined) throw new KaroError('not_found', 'this request belongs to no session')
      sessions.end(number)
      reply.header('set-cookie', `${cookieName(listener.address())}=; Max-Age=0; ${COOKIE}`)
      return {}
    })
    serve(server, createSessionCode, async ({ caller }) => {
      const code = sessions.makeCode({ uid: caller.uid, scope: 'full' })
      return { code, expires_in_ms: CODE_MS, listen: hostAndPort(listener.address()) }
    })
  }
}

/** What a token opens, its session does; a session opens no others. */
function grantOfToken(caller: Caller | undefined): Grant {
  const { token, scope, session } = caller?.credential ?? {}
  if (caller !== undefined && token !== undefined && scope !== undefined && session === undefined) {
    return { uid: caller.uid, scope, token }
  }
  const code = caller === undefined ? 'unauthorized' : 'refused'
  throw new KaroError(code, 'a session is opened with a token or a code', {
    hint: 'Send the header Authorization: Bearer <token>; karo token create makes one.',
  })
}
