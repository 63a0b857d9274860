// /history: a person's own commands, searched, ranked and removed; level 0 goes from here to its owner alone.

import { fitOf, readQuestion, scoreOf, worthOfPlace, worthOfUse } from '../../assist/finder/index.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { revealLevel0 } from '../../base/level0/level0.ts'
import type { Processes } from '../../observe/processes/index.ts'
import {
  type EventFilter,
  type EventRepository,
  isUnfiltered,
  type StoredEvent,
} from '../../store/events/events.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { deleteHistory, getHistory, getRankedCommands } from '../contract/operations/history.ts'
import type { EventShape, RankedCommandShape } from '../contract/shapes.ts'
import type { Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'

interface HistoryDeps {
  readonly events: Pick<EventRepository, 'search' | 'rank' | 'find' | 'read' | 'remove'>
  readonly processes: Pick<Processes, 'peaks' | 'forget'>
  readonly observe: {
    /** What shells have written until now is stored. */
    catchUp(): Promise<void>
    /** What was read of this person's spool files is in them no more. */
    blank(uid: number): Promise<void>
  }
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
}

/** Commands that somebody is shown before they go. */
const SAMPLE = 10

type Filters = Omit<
  EventFilter,
  'words' | 'without' | 'longerMs' | 'since' | 'until' | 'unique' | 'limit'
> & {
  readonly word?: readonly string[] | undefined
  readonly without?: readonly string[] | undefined
  readonly since?: string
  readonly until?: string
  readonly longer_ms?: number
}

/** Errors of `delete`: `bad_request` when it names neither commands nor anything they have in common. */
export function historyRoutes({ events, processes, observe, audit, clock }: HistoryDeps): Routes {
  async function withPeaks(uid: number, found: readonly StoredEvent[]): Promise<EventShape[]> {
    const peaks = await processes.peaks(
      uid,
      found.map(({ id }) => id),
    )
    return found.map((event) => ({ ...shapeOf(event), peak_rss_bytes: peaks.get(event.id) ?? null }))
  }

  return (server) => {
    serve(server, getHistory, async ({ query, caller }) => {
      const { unique, limit, ...filters } = query
      const filter = { ...filterOf(filters), ...(unique && { unique }), limit }
      const found = await events.search(caller.uid, filter)
      return { events: await withPeaks(caller.uid, found.events), total: found.total }
    })

    serve(server, getRankedCommands, async ({ query, caller }) => {
      const { q, here, limit, ...filters } = query
      const question = readQuestion(q)
      const asked = question.words.length + question.without.length > 0
      const { words: _, ...filter } = filterOf(filters)
      const ranked = await events.rank(
        caller.uid,
        { ...filter, limit },
        {
          match: (text) => fitOf(question, text),
          place: (cwd) => worthOfPlace(cwd, here),
          use: worthOfUse,
          score: (command) => scoreOf(command, asked),
          now: clock.now(),
        },
      )
      const { total, complete } = ranked
      const commands = ranked.commands.map(({ event, uses, failures }): RankedCommandShape => {
        return { ...shapeOf(event), uses, failures }
      })
      return { commands, total, complete }
    })

    serve(server, deleteHistory, async ({ body, caller, id: trace_id }) => {
      const { ids, command, dry_run, ...filters } = body
      const { uid } = caller
      const named = !isUnfiltered(filterOf(filters))
      if ([ids !== undefined, command !== undefined, named].filter(Boolean).length !== 1) {
        throw new KaroError('bad_request', 'give either ids, or one command, or filters', {
          where: 'body',
          hint: 'Give ids, or words, a directory or a time.',
        })
      }
      // What was typed a moment ago may still be on its way.
      await observe.catchUp()
      const found = await events.find(
        uid,
        ids ?? (command === undefined ? filterOf(filters) : { text: command }),
      )
      if (dry_run) {
        const sample = await events.read(uid, found.slice(0, SAMPLE))
        return { events: found.length, texts: 0, dry_run, sample: sample.map(shapeOf) }
      }
      await processes.forget(uid, found)
      // All of it is stored, and in the files of the shells only once more. A kill from here on leaves commands that are
      // still there to be deleted, and not bytes of such as are gone.
      await observe.blank(uid)
      // Hanging up does not stop it: what is to go, goes.
      const gone = await events.remove(uid, found, new AbortController().signal)
      if (gone.events > 0) {
        const details = { events: gone.events, uid }
        await audit.record({ type: 'history_deleted', success: true, trace_id, details })
      }
      return { ...gone, dry_run, sample: [] }
    })
  }
}

function filterOf({
  word = [],
  without = [],
  since,
  until,
  longer_ms,
  ...filter
}: Filters): Omit<EventFilter, 'limit'> {
  return {
    ...filter,
    words: word,
    without,
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(until !== undefined && { until: Date.parse(until) }),
    ...(longer_ms !== undefined && { longerMs: longer_ms }),
  }
}

function shapeOf({ tool: _, ...event }: StoredEvent): EventShape {
  return {
    ...event,
    timestamp: new Date(event.timestamp).toISOString(),
    command: revealLevel0(event.command),
    cwd: revealLevel0(event.cwd),
  }
}
