// The types of API routes, and of the caller of a request.
import type { FastifyInstance } from 'fastify'
import type { TokenScope } from '../contract/constants.ts'
import type { Access } from '../contract/operation.ts'

/** The caller of a request, over the control socket or over TCP. */
export interface Caller {
  /**
   * The number under which the person's data is kept; a request may touch only this data. The uid of the account, unless
   * that was another person's before (src/trust/people).
   */
  readonly person: number
  /** The uid of the account itself, which decides over rights. */
  readonly account: number
  /** Whether the person may manage the node and its mesh. Admins too see only their own commands. */
  readonly admin: boolean
  /** Whether the person may ask the mesh in the name of this node. */
  readonly asks: boolean
  readonly via: 'socket' | 'http'
  /** The process at the other end of the socket, as it was when it connected; absent over TCP. */
  readonly pid?: number
  /** The credential of a request over TCP. Absent over the socket, where the operating system names the person. */
  readonly credential?: Credential
}

/** A token or session. It never allows more than its owner may do. */
export interface Credential {
  readonly scope: TokenScope
  /** Id of the token, or of the one that the session was opened with; absent for a session by a one-time code. */
  readonly token?: string | undefined
  /** The number of the session, which is not secret; absent for a token. */
  readonly session?: number
  /** Of a session by a code: login sessions of the process that made it, see `SeatOfSession`. */
  readonly seat?: { readonly sessions: readonly string[]; readonly near: readonly string[] } | undefined
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The least scope that opens it over TCP; absent: `scopeOf` (rights.ts) says it. */
    scope?: TokenScope
    /** `socket`: never over TCP, with no token or session. */
    via?: 'socket'
    /** Each use writes an entry into the ledger, so a person may use it only a limited number of times a day. */
    daily?: true
    /** Metrics do not show requests of this route, because they are one person's affair. */
    personal?: boolean
  }
  interface FastifyRequest {
    /** The caller; may be missing in routes for `anyone`. */
    caller: Caller
  }
}

/** A group of routes under `/api/v1`; registers itself on the server and touches nothing else. */
export type Routes = (server: FastifyInstance) => void
