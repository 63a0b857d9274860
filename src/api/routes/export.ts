// /export: a person's own history out of the node, and nobody else's.
import { Readable } from 'node:stream'
import { type TransferEvent, timestampOf, WRITERS } from '../../care/transfer.ts'
import { revealLevel0 } from '../../observe/level0.ts'
import { type EventRepository, idOfEvent, type WholeEvent } from '../../store/events.ts'
import { serve } from '../operation.ts'
import { exportHistory } from '../operations/export.ts'
import type { Routes } from '../route.ts'

interface ExportDeps {
  readonly events: Pick<EventRepository, 'whole'>
}

export function exportRoutes({ events }: ExportDeps): Routes {
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
  ...(event.untimed && { untimed: true }),
})
