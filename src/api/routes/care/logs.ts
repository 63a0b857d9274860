// GET /logs: the last log lines of the daemon as NDJSON, and with `follow` new lines too.

import { PassThrough } from 'node:stream'
import { KaroError } from '../../../base/errors.ts'
import { jsonText } from '../../../base/printable.ts'
import type { LogFilter } from '../../../base/run/log.ts'
import { getLogs } from '../../contract/operations/care.ts'
import { type Rooms, type Routes, serve } from '../../server/index.ts'
import { whileOpen } from '../agents/while-open.ts'

const NDJSON = 'application/x-ndjson'
/** Most followers at once. */
const FOLLOWERS_MAX = 16
/** Most bytes that wait for a slow reader. Beyond it lines are left out, and a line says how many. */
const WAITING_BYTES = 256 * 1024

/** Errors: `rate_limited` if there are too many followers. */
export function logsRoutes({ logs, clock }: Rooms): Routes {
  return (server) => {
    const followers = new Set<PassThrough>()
    // Followers are ended first, so that they do not delay the stop of the daemon.
    server.addHook('preClose', async () => {
      for (const follower of followers) follower.end()
    })

    function follow(filter: LogFilter): PassThrough {
      if (followers.size >= FOLLOWERS_MAX) {
        throw new KaroError('rate_limited', `${FOLLOWERS_MAX} others follow the log already`, {
          hint: 'Read it without --follow, or end one of those.',
        })
      }
      const out = new PassThrough({ highWaterMark: WAITING_BYTES })
      let dropped = 0
      const end = logs.follow(filter, (line) => {
        if (out.writableNeedDrain) dropped++
        else out.write(`${line}\n`)
      })
      out.on('drain', () => {
        if (dropped === 0) return
        const time = new Date(clock.now()).toISOString()
        const msg = 'lines were left out, because they are not read fast enough'
        out.write(`${jsonText({ time, level: 'warn', pid: process.pid, dropped, msg })}\n`)
        dropped = 0
      })
      out.once('close', () => {
        end()
        followers.delete(out)
      })
      followers.add(out)
      return out
    }

    serve(server, getLogs, async (request, reply) => {
      const { lines, follow: following, ...filter } = request.query
      const before = logs.last(filter, lines).map((line) => `${line}\n`)
      if (!following) return reply.type(NDJSON).send(before.join(''))
      const open = whileOpen(reply)
      const out = follow(filter)
      // A log may be quiet for hours.
      request.raw.socket.setTimeout(0)
      open.addEventListener('abort', () => out.destroy())
      // The head is sent by hand at once; Fastify would send it with the first line, which may come much later.
      reply.hijack()
      for (const [name, value] of Object.entries(reply.type(NDJSON).getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value)
      }
      reply.raw.flushHeaders()
      out.write(before.join(''))
      out.pipe(reply.raw)
      return reply
    })
  }
}
