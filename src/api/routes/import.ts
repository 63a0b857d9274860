// /imports: imports in batches, one import at a time for each person, and undoing an import.
import { setImmediate as turn } from 'node:timers/promises'
import { DAY_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { readEventId } from '../../base/words/event-id.ts'
import { createForeignDigest, type ForeignDigest, importedEvent } from '../../observe/record/imported.ts'
import { disagreement } from '../../ops/care/transfer.ts'
import type { Arrival, Importing } from '../../store/events/events.ts'
import { createOneEach } from '../access/one-each.ts'
import { IMPORTS_LISTED } from '../contract/constants.ts'
import { importHistory } from '../contract/operations/export.ts'
import * as api from '../contract/operations/import.ts'
import { type Rooms, type Routes, serve, time } from '../server/index.ts'

/** An import ends after this time without a request. */
const IDLE_MS = 60_000
/** Most imports at once, of all people: each keeps rows on the disk that are removed meanwhile. */
const MOST = 16
/** Commands that are judged without a pause; that takes a few milliseconds, in which the daemon does nothing else. */
const SLICE = 64
/** Events that one request removes; each such request reads all texts of the person once. */
const UNDO_EVENTS = 5_000

interface Session {
  readonly key: string
  readonly importing: Importing
  readonly digest: ForeignDigest
  forgetTimer(): void
}

export function importRoutes({ store: { events }, observe, config, clock, random, timers }: Rooms): Routes {
  const sessions = new Map<number, Session>()
  const oneEach = createOneEach()

  async function end(person: number, session: Session): Promise<void> {
    if (sessions.get(person) === session) sessions.delete(person)
    session.forgetTimer()
    await session.importing.close()
  }

  function watch(person: number, session: Session): void {
    session.forgetTimer()
    session.forgetTimer = timers.after(IDLE_MS, () => void end(person, session).catch(() => {}))
  }

  /** Runs one piece of work at a time for each person. Throws KaroError `not_found` if the import is not under way. */
  function within<T>(person: number, key: string, work: (session: Session) => Promise<T>): Promise<T> {
    return oneEach(person, async () => {
      const session = sessions.get(person)
      if (session?.key !== key) {
        throw new KaroError(
          'not_found',
          'that import has ended: another one of yours began, or it was interrupted',
          {
            hint: 'karo import list shows what it added. Run the same import again to add the rest.',
          },
        )
      }
      session.forgetTimer()
      try {
        return await work(session)
      } finally {
        if (sessions.get(person) === session) watch(person, session)
      }
    })
  }

  /** Retention removes commands before this time at once; milliseconds since the epoch. */
  function oldestKept(): number {
    const { events_days } = config.retention
    return events_days === 0 ? 0 : clock.now() - events_days * DAY_MS
  }

  return (server) => {
    serve(server, api.beginImport, async ({ caller: { person }, body: { dry_run, ...about } }) =>
      oneEach(person, async () => {
        const before = sessions.get(person)
        if (before !== undefined) await end(person, before)
        if (sessions.size >= MOST)
          throw new KaroError('rate_limited', 'too many imports are under way; try again soon')
        // Imported commands are compared with stored ones, and a command of a moment ago may still be in the spool.
        await observe.catchUp()
        const importing = await events.beginImport(person, { ...about, started_at: clock.now() }, dry_run)
        const session: Session = {
          key: toHex(random.bytes(8)),
          importing,
          digest: createForeignDigest(about.source, config.history),
          forgetTimer: () => {},
        }
        sessions.set(person, session)
        watch(person, session)
        return { key: session.key }
      }),
    )

    serve(server, api.importEntries, async ({ caller: { person }, body }) =>
      within(person, body.key, async ({ importing, digest }) => {
        const oldest = oldestKept() * 1000
        const arrivals: Arrival[] = []
        const sum = { added: 0, known: 0, ignored: 0, redacted: 0, too_old: 0 }
        for (const [i, entry] of body.entries.entries()) {
          if (i > 0 && i % SLICE === 0) await turn()
          if (entry.start_us < oldest) {
            sum.too_old++
            continue
          }
          const made = digest(person, entry)
          if (made === undefined) {
            sum.ignored++
            continue
          }
          if (made.redacted) sum.redacted++
          arrivals.push({ event: made.event, exact: false, nth: entry.nth })
        }
        sum.added = arrivals.length > 0 ? await importing.add(arrivals) : 0
        sum.known = arrivals.length - sum.added
        return sum
      }),
    )

    serve(server, importHistory, async ({ caller: { person }, body }) => {
      for (const [i, event] of body.events.entries()) {
        const wrong = disagreement(event)
        if (wrong !== undefined)
          throw new KaroError('bad_request', `event ${i} ${wrong}`, { where: 'events' })
      }
      const oldest = oldestKept()
      const kept = body.events.filter(({ id }) => readEventId(id).start_us >= oldest * 1000)
      const arrivals = kept.map(({ id, timestamp: _, ...event }): Arrival => {
        return {
          event: importedEvent(person, { ...event, ...readEventId(id) }, config.history.redact),
          exact: true,
          nth: 1,
        }
      })
      const add = (importing: Importing) => (arrivals.length > 0 ? importing.add(arrivals) : 0)
      const added =
        body.key === undefined
          ? await alone(person, body.dry_run, add)
          : await within(person, body.key, async ({ importing }) => add(importing))
      return { added, known: kept.length - added, too_old: body.events.length - kept.length }
    })

    /** Runs a whole import of one request. */
    async function alone(
      person: number,
      dryRun: boolean,
      add: (importing: Importing) => number | Promise<number>,
    ): Promise<number> {
      const about = { source: 'karo', file: 'API', started_at: clock.now() }
      await observe.catchUp()
      const importing = await events.beginImport(person, about, dryRun)
      try {
        const added = await add(importing)
        await importing.finish(clock.now())
        return added
      } finally {
        await importing.close()
      }
    }

    serve(server, api.finishImport, async ({ caller: { person }, body }) =>
      within(person, body.key, async (session) => {
        const id = await session.importing.finish(clock.now())
        await end(person, session)
        return { id }
      }),
    )

    serve(server, api.getImports, async ({ caller }) => {
      const found = await events.imports(caller.person, IMPORTS_LISTED)
      return {
        imports: found.map(({ number: id, source, file, started_at, finished_at, events: brought }) => ({
          id,
          source,
          file,
          started_at: time(started_at),
          finished_at: time(finished_at),
          events: brought,
        })),
      }
    })

    serve(server, api.undoImport, async ({ caller: { person }, body: { id } }) =>
      oneEach(person, async () => {
        if (sessions.get(person)?.importing.number() === id) {
          throw new KaroError('conflict', 'this import is still running', {
            hint: 'Wait until it is done, or stop it. If it was interrupted, try again in a minute.',
          })
        }
        const undone = await events.undoImport(person, id, UNDO_EVENTS, new AbortController().signal)
        if (undone === undefined)
          throw new KaroError('not_found', `there is no import ${id}`, {
            hint: 'karo import list shows the imports that can be undone.',
          })
        return undone
      }),
    )
  }
}
