// Answers that are streams: what comes next is made when the client has read what came before.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { jsonText } from '../../base/printable.ts'

/** The end of a pipe: lines of JSON, or bytes. */
export const answered =
  (reply: FastifyReply, type: 'application/x-ndjson' | 'application/octet-stream') =>
  (source: Iterable<string> | AsyncIterable<string | Uint8Array>) =>
    reply.type(type).send(Readable.from(source, { objectMode: false }))

/** A line of JSON for each item. */
export async function* ndjson(source: AsyncIterable<unknown>): AsyncGenerator<string, void> {
  for await (const item of source) yield `${jsonText(item)}\n`
}
