// /tokens: people make, list and revoke their own tokens, over the control socket only.

import type { Token, Tokens } from '../access/tokens.ts'
import { createToken, getTokens, revokeToken } from '../contract/operations/tokens.ts'
import type { TokenCreatedShape, TokenShape } from '../contract/shapes.ts'
import type { Caller, Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'
import { shown } from '../server/shown.ts'

interface TokenDeps {
  /** Throws KaroError `refused` for a caller who may not make a token that approves. */
  readonly checkApproving: (caller: Caller) => void
  readonly tokens: Tokens
  /** Whether and where tokens can be used. */
  readonly http: () => TokenCreatedShape['http']
}

export function tokenRoutes({ tokens, http, checkApproving }: TokenDeps): Routes {
  return (server) => {
    serve(server, getTokens, async ({ caller }) => ({ tokens: tokens.list(caller.person).map(shapeOf) }))
    serve(server, createToken, async ({ caller, body: { name = '', scope, ttl_ms: ttlMs } }) => {
      if (scope === 'approve') checkApproving(caller)
      const { secret, token } = await tokens.create(caller.person, { name, scope, ttlMs })
      return { ...shapeOf(token), token: secret, http: http() }
    })
    serve(server, revokeToken, async ({ caller, body }) =>
      shapeOf(await tokens.revoke(caller.person, body.token)),
    )
  }
}

const shapeOf = ({ uid: _, ...token }: Token): TokenShape => shown(token)
