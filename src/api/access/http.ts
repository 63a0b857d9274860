// Puts the API on 127.0.0.1 together: listener, tokens, sessions, the caller of each request, and the ledger's entries of refused ones.
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import type { TokenRepository } from '../../store/tables/tokens.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { sessionRoutes } from '../routes/sessions.ts'
import { tokenRoutes } from '../routes/tokens.ts'
import type { Caller } from '../server/route.ts'
import type { SeatOfCaller } from './at-terminal.ts'
import { type CredentialsDeps, createCredentials } from './credentials.ts'
import type { Refusal } from './guard.ts'
import { createSessions } from './sessions.ts'
import { createTcpListener, hostAndPort, type TcpOptions } from './tcp.ts'
import { createTokenEnds } from './token-ends.ts'
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

export type Http = ReturnType<typeof createHttp>

export function createHttp(options: HttpOptions) {
  const { config, clock, random, timers, log } = options
  const tokens = createTokens(options)
  const sessions = createSessions({ clock, random, tokenHolds: tokens.holds })
  const refusals = createRefusals(options)
  const onRefused = (reason: Refusal): void => {
    options.onRefused(reason)
    refusals.note(reason)
  }
  const listener = createTcpListener({ ...options, port: config.http.port, onRefused })
  tokens.onRevoked(listener.sweep)
  const credentials = createCredentials({ ...options, tokens, sessions, listener, onRefused })
  return {
    /** Must have started before the first request is answered. */
    tokens,
    /** The tokens that end soon; starts after `tokens`. */
    tokenEnds: createTokenEnds({ tokens, clock, timers, log }),
    /** Its start fails if the port is taken. */
    listener: {
      ...listener,
      async stop() {
        await listener.stop()
        refusals.close()
      },
    },
    routes: [
      tokenRoutes({
        tokens,
        http: () => ({ enabled: config.http.enabled, listen: hostAndPort(listener.address()) }),
        checkApproving: options.checkApproving,
      }),
      sessionRoutes({ ...options, sessions, listener, credentials }),
    ],
    /** True for connections of the listener. Only their token or session says who the caller is. */
    owns: listener.owns,
    /** Whether it is a token of this person with the scope `approve`. */
    mayApprove(secret: string, person: number) {
      const token = tokens.find(secret)
      return token?.uid === person && token.scope === 'approve'
    },
    /** The caller of a request on such a connection; undefined without a credential. Throws KaroError for an invalid one. */
    callerOf: credentials.callerOf,
    /** Where the listener listens; null while it does not. */
    address: listener.address,
  }
}

/** Least time between two entries of one reason: refusals for a whole year then fit into the ledger. */
const EVERY_MS = 10 * 60_000

/** The first refusal of each reason is written at once; those of the next ten minutes become one entry with their number. */
function createRefusals({ audit, timers, log }: HttpOptions) {
  /** Refusals since the last entry of their reason, for each reason whose next entry has to wait. */
  const waiting = new Map<Refusal, { count: number; readonly cancel: () => void }>()

  function record(reason: Refusal, count: number): void {
    log.warn({ reason, count }, 'requests to the API on TCP were refused')
    void audit.record({ type: 'api_refused', success: false, details: { reason, count } })
  }

  function tell(reason: Refusal, count: number): void {
    record(reason, count)
    waiting.set(reason, { count: 0, cancel: timers.after(EVERY_MS, () => due(reason)) })
  }

  function due(reason: Refusal): void {
    const count = waiting.get(reason)?.count ?? 0
    waiting.delete(reason)
    if (count > 0) tell(reason, count)
  }

  return {
    note(reason: Refusal): void {
      const since = waiting.get(reason)
      if (since === undefined) tell(reason, 1)
      else since.count++
    },
    /** Writes entries for all refusals that were counted and not written yet; no entry comes later. */
    close(): void {
      for (const [reason, { count, cancel }] of waiting) {
        cancel()
        if (count > 0) record(reason, count)
      }
      waiting.clear()
    },
  }
}
