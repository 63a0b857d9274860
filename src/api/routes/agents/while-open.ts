// A signal for work that is worth nothing once nobody waits for its answer any more.
import type { FastifyReply } from 'fastify'

/** Aborts when the connection of the request is closed. */
export function whileOpen(reply: FastifyReply): AbortSignal {
  const over = new AbortController()
  reply.raw.once('close', () => over.abort())
  return over.signal
}
