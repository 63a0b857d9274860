// A signal for work that is worth nothing once nobody waits for its answer any more.
import type { FastifyReply } from 'fastify'
import { KaroError } from '../../../base/errors.ts'

/** Aborts when the connection of the request is closed. Throws KaroError `unavailable` if it is by now, as that is told once. */
export function whileOpen(reply: FastifyReply): AbortSignal {
  if (reply.raw.destroyed) throw new KaroError('unavailable', 'the connection was closed')
  const over = new AbortController()
  reply.raw.once('close', () => over.abort())
  return over.signal
}
