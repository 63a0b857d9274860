// What a group of API routes is given, and the person behind a request.
import type { FastifyInstance } from 'fastify'

/** Who is asking over the control socket. */
export interface Caller {
  /** The person whose data a request may touch: the daemon's own user until peer credentials are read. */
  readonly uid: number
}

/** A group of routes under `/api/v1`; registers itself on the server and touches nothing else. */
export type Routes = (server: FastifyInstance) => void
