// /history: searches, ranks and removes the caller's own commands. Level 0 goes from here to its owner only.

import { fitOf, readQuestion, scoreOf, worthOfPlace, worthOfUse } from '../../assist/finder/index.ts'
import { KaroError } from '../../base/errors.ts'
import { markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { sessionNumber } from '../../observe/record/digest.ts'
import { type EventFilter, isUnfiltered, type StoredEvent } from '../../store/events/events.ts'
import * as api from '../contract/operations/history.ts'
import type { EventShape, RankedCommandShape } from '../contract/shapes.ts'
import { type RequestFor, type Rooms, type Routes, serve, time } from '../server/index.ts'

/** How many commands a dry run shows. */
const SAMPLE = 10

type Filters = Omit<RequestFor<typeof api.getHistory>['query'], 'unique' | 'limit'> &
  Pick<EventFilter, 'imported'>

/** Error of `delete`: `bad_request` if the request does not have exactly one of ids, a command, or filters. */
export function historyRoutes({
  store: { events },
  processes,
  observe,
  audit,
  copies,
  clock,
}: Rooms): Routes {
  async function withPeaks(uid: number, found: readonly StoredEvent[]): Promise<EventShape[]> {
    const peaks = await processes.peaks(
      uid,
      found.map(({ id }) => id),
    )
    return found.map((event) => ({ ...shapeOf(event), peak_rss_bytes: peaks.get(event.id) ?? null }))
  }

  return (server) => {
    serve(server, api.getHistory, async ({ query, caller }) => {
      const { unique, limit, ...filters } = query
      const filter = { ...filterOf(filters), unique, limit }
      const found = await events.search(caller.person, filter)
      return { events: await withPeaks(caller.person, found.events), total: found.total }
    })

    serve(server, api.getRankedCommands, async ({ query, caller }) => {
      const { q, match, here, limit, session, ...filters } = query
      const question = readQuestion(q, match)
      const asked = question.words.length + question.without.length > 0
      const { words: _, ...filter } = filterOf(filters)
      const ranked = await events.rank(
        caller.person,
        {
          ...filter,
          limit,
          ...(session !== undefined && { session: sessionNumber(caller.person, session) }),
        },
        {
          match: (text) => fitOf(question, text),
          place: (cwd) => worthOfPlace(cwd, here),
          use: worthOfUse,
          score: (command) => scoreOf(command, asked),
          now: clock.now(),
        },
      )
      const { total, complete } = ranked
      const commands = ranked.commands.map(({ event, uses, failures, unknown }): RankedCommandShape => {
        return { ...shapeOf(event), uses, failures, unknown }
      })
      return { commands, total, complete }
    })

    serve(server, api.getInspectedCommand, async ({ query, caller }) => {
      const found = await events.inspect(caller.person, query.id)
      if (found === undefined)
        throw new KaroError('not_found', 'there is no such command in your history', { where: 'id' })
      const { event, recent, before, after, first, took, ...counted } = found
      return {
        ...counted,
        event: shapeOf(event),
        first: time(first),
        took: took ?? null,
        recent: recent.map(shapeOf),
        before: before.map(shapeOf),
        after: after.map(shapeOf),
      }
    })

    serve(server, api.noteAnswers, async ({ body, caller }) => {
      const answers = body.answers.map((one) => ({ ...one, command: markLevel0(one.command) }))
      observe.give(caller.person, answers)
      return { noted: answers.length }
    })

    serve(server, api.deleteHistory, async ({ body, caller, id: trace_id }) => {
      const { ids, command, most = Number.POSITIVE_INFINITY, dry_run, ...filters } = body
      const { person, account } = caller
      const filter = filterOf(filters)
      if ([ids !== undefined, command !== undefined, !isUnfiltered(filter)].filter(Boolean).length !== 1) {
        throw new KaroError('bad_request', 'give either ids, or one command, or filters', {
          where: 'body',
          hint: 'Give ids, or words, a directory or a time.',
        })
      }
      // A command of a moment ago may still be in the spool.
      await observe.catchUp()
      const found = await events.find(
        person,
        ids ?? (command === undefined ? { ...filter, limit: most + 1 } : { text: command }),
      )
      const part = found.slice(0, most)
      if (dry_run) {
        const sample = await events.read(person, part.slice(0, SAMPLE))
        return { events: part.length, texts: 0, left: 0, dry_run, sample: sample.map(shapeOf) }
      }
      const left = found.length - part.length
      await processes.forget(person, part)
      // The spool is overwritten before the commands are removed: if the daemon is killed in between, the commands are
      // still there to be deleted, instead of bytes in the spool of commands that are gone.
      await observe.blank(account)
      if (found.length > 0) copies.drop()
      // The removal does not stop when the client closes the connection.
      const gone = await events.remove(person, part, new AbortController().signal, { more: left > 0 })
      if (gone.events > 0) {
        const details = { events: gone.events, uid: person }
        await audit.record({ type: 'history_deleted', success: true, trace_id, details })
      }
      return { ...gone, left, dry_run, sample: [] }
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

function shapeOf({ tool: _, session: __, rule: ___, ...event }: StoredEvent): EventShape {
  return {
    ...event,
    timestamp: time(event.timestamp),
    command: revealLevel0(event.command),
    cwd: revealLevel0(event.cwd),
  }
}
