// What a group of API routes is given, and the person behind a request.
import type { FastifyInstance } from 'fastify'
import type { TokenScope } from '../contract/constants.ts'
import type { Access } from '../contract/operation.ts'

/** Who is asking. Every route is handed one with its request, whichever way it came in. */
export interface Caller {
  /** The person whose data a request may touch, and no one else's. */
  readonly uid: number
  /** May manage the node and its mesh; sees nobody's commands but their own for that. */
  readonly admin: boolean
  /** May ask the mesh, in the name of this node. */
  readonly asks: boolean
  readonly via: 'socket' | 'http'
  /** What was shown over TCP; absent over the socket, where the operating system says who asks. */
  readonly credential?: Credential
}

/** It opens less than its owner may do, never more. */
export interface Credential {
  readonly scope: TokenScope
  /** Id of the token, or of the one that the session was opened with; absent for a session by a one-time code. */
  readonly token?: string
  /** Of a session: its number, which is no secret. */
  readonly session?: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The least scope that opens it over TCP; absent: `scopeOf` (rights.ts) says it. */
    scope?: TokenScope
    /** `socket`: never over TCP, whatever is shown there. */
    via?: 'socket'
    /** Each time is an entry of the ledger, which anybody may cause: a person has only so many a day. */
    daily?: true
    /** No other person is told that this one was asked for. */
    personal?: boolean
  }
  interface FastifyRequest {
    /** Of an `anyone` route it may be missing. */
    caller: Caller
  }
}

/** A group of routes under `/api/v1`; registers itself on the server and touches nothing else. */
export type Routes = (server: FastifyInstance) => void
