// /export and /import: a person's own history out of the node and into it, and nobody else's.
import { Readable } from 'node:stream'
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { disagreement, readId, type TransferEvent, timestampOf, WRITERS } from '../../care/transfer.ts'
import type { Config } from '../../config/index.ts'
import { importedEvent } from '../../observe/imported.ts'
import { revealLevel0 } from '../../observe/level0.ts'
import { type EventRepository, idOfEvent, type WholeEvent } from '../../store/events.ts'
import { serve } from '../operation.ts'
import { exportHistory, importHistory } from '../operations/export.ts'
import type { Routes } from '../route.ts'

interface ExportDeps {
  readonly events: Pick<EventRepository, 'whole' | 'add'>
  readonly config: Pick<Config, 'retention'>
  readonly clock: Pick<Clock, 'now'>
}

export function exportRoutes({ events, config, clock }: ExportDeps): Routes {
  async function* lines(uid: number): AsyncGenerator<string, void> {
    const { head, line, end } = WRITERS.ndjson
    yield head
    let count = 0
    for await (const page of events.whole(uid)) {
      yield page.map((event) => line(transferOf(event))).join('')
      count += page.length
    }
    yield end(count)
  }

  return (server) => {
    serve(server, exportHistory, async ({ caller }, reply) => {
      const stream = Readable.from(lines(caller.uid), { objectMode: false })
      return reply.type('application/x-ndjson').send(stream)
    })

    serve(server, importHistory, async ({ caller, body }) => {
      for (const [i, event] of body.events.entries()) {
        const wrong = disagreement(event)
        if (wrong !== undefined)
          throw new KaroError('bad_request', `event ${i} ${wrong}`, { where: 'events' })
      }
      const { events_days } = config.retention
      const oldest = events_days === 0 ? 0 : clock.now() - events_days * DAY_MS
      const kept = body.events.filter(({ id }) => readId(id).start_us >= oldest * 1000)
      const inputs = kept.map(({ id, timestamp: _, ...event }) =>
        importedEvent(caller.uid, { ...event, ...readId(id) }),
      )
      const added = await events.add(inputs, body.dry_run)
      return { added, known: kept.length - added, too_old: body.events.length - kept.length }
    })
  }
}

const transferOf = ({ start_us, tag, command, cwd, ...event }: WholeEvent): TransferEvent => ({
  id: idOfEvent(start_us, tag),
  timestamp: timestampOf(start_us),
  shell: event.shell,
  command: revealLevel0(command),
  cwd: revealLevel0(cwd),
  exit_code: event.exit_code,
  duration_us: event.duration_us,
  risk_level: event.risk_level,
  category: event.category,
  tool: event.tool,
  karo_generated: event.karo_generated,
})
