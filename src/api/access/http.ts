// Puts the API on 127.0.0.1 together: listener, tokens, sessions, and the caller of each request.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import type { Config } from '../../config/index.ts'
import type { TokenRepository } from '../../store/tables/tokens.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { sessionRoutes } from '../routes/sessions.ts'
import { tokenRoutes } from '../routes/tokens.ts'
import type { Caller, Routes } from '../server/route.ts'
import type { SeatOfCaller } from './at-terminal.ts'
import { type CredentialsDeps, createCredentials } from './credentials.ts'
import type { Refusal } from './guard.ts'
import { createRefusals } from './refusals.ts'
import { createSessions } from './sessions.ts'
import { type Address, createTcpListener, hostAndPort, type TcpOptions } from './tcp.ts'
import { createTokenEnds, type TokenEnds } from './token-ends.ts'
import { createTokens } from './tokens.ts'

export interface HttpOptions
  extends Ambient,
    Pick<CredentialsDeps, 'rightsOf' | 'accountOf' | 'onRefused'>,
    Pick<TcpOptions, 'handle'> {
  /** Throws KaroError `refused` for a caller who may not make a token, or a page, that approves. */
  readonly checkApproving: (caller: Caller) => void
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
  readonly config: Pick<Config, 'http'>
  readonly repository: TokenRepository
  readonly audit: Pick<Audit, 'record'>
}

export interface Http {
  /** Must have started before the first request is answered. */
  readonly tokens: Room
  /** The tokens that end soon; starts after `tokens`. */
  readonly tokenEnds: TokenEnds
  /** Its start fails if the port is taken. */
  readonly listener: Room
  readonly routes: readonly Routes[]
  /** Whether it is a token of this person with the scope `approve`. */
  mayApprove(secret: string, person: number): boolean
  /** True for connections of the listener. Only their token or session says who the caller is. */
  owns(socket: Socket): boolean
  /** The caller of a request on such a connection; undefined without a credential. Throws KaroError for an invalid one. */
  callerOf(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined>
  /** Where the listener listens; null while it does not. */
  address(): Address | null
}

export function createHttp(options: HttpOptions): Http {
  const { config, repository, audit, rightsOf, accountOf, handle, clock, random, timers, log } = options
  const tokens = createTokens({ repository, audit, clock, random, log })
  const sessions = createSessions({ clock, random, tokenHolds: tokens.holds })
  const refusals = createRefusals({ audit, timers, log })
  const onRefused = (reason: Refusal): void => {
    options.onRefused(reason)
    refusals.note(reason)
  }
  const listener = createTcpListener({ port: config.http.port, handle, onRefused, timers, log })
  tokens.onRevoked(listener.sweep)
  const credentials = createCredentials({
    tokens,
    sessions,
    listener,
    rightsOf,
    accountOf,
    onRefused,
    clock,
  })
  const where = () => ({ enabled: config.http.enabled, listen: hostAndPort(listener.address()) })
  return {
    tokens,
    tokenEnds: createTokenEnds({ tokens, clock, timers, log }),
    listener: {
      ...listener,
      async stop() {
        await listener.stop()
        refusals.close()
      },
    },
    routes: [
      tokenRoutes({ tokens, http: where, checkApproving: options.checkApproving }),
      sessionRoutes({ ...options, sessions, listener, credentials }),
    ],
    owns: listener.owns,
    mayApprove(secret, person) {
      const token = tokens.find(secret)
      return token?.uid === person && token.scope === 'approve'
    },
    callerOf: credentials.callerOf,
    address: listener.address,
  }
}
