// Decides who may use which route, as a pure function of the route, the caller and the caller's credential.
import type { FastifyContextConfig } from 'fastify'
import { KaroError } from '../../base/errors.ts'
import { TOKEN_SCOPES, type TokenScope } from '../contract/constants.ts'
import { scopeOf } from '../contract/operation.ts'
import { refuseWithout } from '../contract/without-right.ts'
import type { Caller } from '../server/route.ts'

/** The route of a request; if no route fits, `config` is empty. */
interface Asked {
  readonly method: string
  readonly config: FastifyContextConfig
}

/**
 * Returns if `caller` may use the route. Throws KaroError `unauthorized` for an unknown caller, and `refused` for a known
 * one without the right, or with a token whose scope is too narrow.
 */
export function checkRights(asked: Asked, caller: Caller | undefined): void {
  const { access, via } = asked.config
  // Unknown callers do not learn that there is no such route. Known callers pass, and get `not_found` later.
  if (access !== 'anyone') refuseWithout(access ?? 'person', known(caller))
  if (!caller || !access) return
  if (via === 'socket' && caller.via !== 'socket') {
    throw new KaroError('refused', 'this is possible only on the machine itself, over the control socket', {
      hint: 'Use the karo command on this machine.',
    })
  }
  if (caller.credential && access !== 'anyone') checkScope(caller.credential.scope, asked)
}

/** Each scope also allows what the scopes before it in TOKEN_SCOPES allow. */
function checkScope(held: TokenScope, asked: Asked): void {
  const needed = scopeOf(asked.method, asked.config)
  if (TOKEN_SCOPES.indexOf(held) >= TOKEN_SCOPES.indexOf(needed)) return
  throw new KaroError('refused', `a token with the scope '${held}' may not do this`, {
    hint: `Make a token with the scope '${needed}': karo token create --scope ${needed}`,
  })
}

function known(caller: Caller | undefined): Caller {
  if (caller) return caller
  throw new KaroError('unauthorized', 'this request has no token or session, or comes from the user nobody')
}
