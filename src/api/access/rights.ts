// Decides who may use which route, as a pure function of the route, the caller and the caller's credential.
import type { FastifyContextConfig } from 'fastify'
import { KaroError } from '../../base/errors.ts'
import { TOKEN_SCOPES, type TokenScope } from '../contract/constants.ts'
import { type Access, scopeOf } from '../contract/operation.ts'
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
  MAY_USE[access ?? 'person'](caller)
  if (caller === undefined || access === undefined) return
  if (via === 'socket' && caller.via !== 'socket') {
    throw new KaroError('refused', 'this is possible only on the machine itself, over the control socket', {
      hint: 'Use the karo command on this machine.',
    })
  }
  if (caller.credential !== undefined && access !== 'anyone') checkScope(caller.credential.scope, asked)
}

/** Each scope also allows what the scopes before it in TOKEN_SCOPES allow. */
function checkScope(held: TokenScope, asked: Asked): void {
  const needed = scopeOf(asked.method, asked.config)
  if (TOKEN_SCOPES.indexOf(held) >= TOKEN_SCOPES.indexOf(needed)) return
  throw new KaroError('refused', `a token with the scope '${held}' may not do this`, {
    hint: `Make a token with the scope '${needed}': karo token create --scope ${needed}`,
  })
}

const MAY_USE: Readonly<Record<Access, (caller: Caller | undefined) => void>> = {
  anyone() {},
  person: known,
  asker(caller) {
    if (known(caller).asks) return
    throw new KaroError('refused', 'you may not ask the mesh from this machine', {
      hint: 'An administrator can: sudo karo config set access.askers <who may>; sudo systemctl reload karo',
    })
  },
  admin(caller) {
    if (known(caller).admin) return
    throw new KaroError('refused', 'only an administrator of this node may do this', {
      hint: 'Run it as root, or have an administrator put you into the group karo-admin (or access.admins).',
    })
  },
}

function known(caller: Caller | undefined): Caller {
  if (caller !== undefined) return caller
  throw new KaroError('unauthorized', 'this request has no token and no session')
}
