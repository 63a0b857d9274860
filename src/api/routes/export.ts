// /export: the caller's own history as a stream of lines.
import { pipe } from 'it-pipe'
import { revealLevel0 } from '../../base/level0/level0.ts'
import { type TransferEvent, timestampOf, WRITERS } from '../../ops/care/transfer.ts'
import { idOfEvent, isIn, textFits, type WholeEvent } from '../../store/events/events.ts'
import { exportHistory } from '../contract/operations/export.ts'
import { answered, type RequestFor, type Rooms, type Routes, serve } from '../server/index.ts'

export function exportRoutes({ store: { events } }: Rooms): Routes {
  return (server) => {
    serve(server, exportHistory, async ({ caller, query }, reply) => {
      const { range, fits } = filterOf(query)
      return pipe(events.whole(caller.person, range), written(fits), answered(reply, 'application/x-ndjson'))
    })
  }
}

const written = (fits: Filter['fits']) =>
  async function* (pages: AsyncIterable<readonly WholeEvent[]>): AsyncGenerator<string, void> {
    const { head, line, end } = WRITERS.ndjson
    yield head
    let count = 0
    for await (const page of pages) {
      const wanted = page.filter(fits)
      yield wanted.map((event) => line(transferOf(event))).join('')
      count += wanted.length
    }
    yield end(count)
  }

interface Filter {
  /** Milliseconds since the epoch; `before` is exclusive. */
  readonly range: { readonly from?: number; readonly before?: number }
  readonly fits: (event: WholeEvent) => boolean
}

function filterOf({
  word = [],
  cwd,
  since,
  until,
  shell,
}: RequestFor<typeof exportHistory>['query']): Filter {
  const fits = textFits({ words: word })
  return {
    range: {
      ...(since !== undefined && { from: Date.parse(since) }),
      ...(until !== undefined && { before: Date.parse(until) }),
    },
    fits(event) {
      if (shell !== undefined && event.shell !== shell) return false
      if (cwd !== undefined && !isIn(revealLevel0(event.cwd), cwd)) return false
      return fits === undefined || fits(revealLevel0(event.command).toLowerCase())
    },
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
