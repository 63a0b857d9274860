// /history: a person's own commands, searched; the only route that hands out level 0, and only to its owner.
import { revealLevel0 } from '../../observe/level0.ts'
import type { EventRepository, StoredEvent } from '../../store/events.ts'
import { serve } from '../operation.ts'
import { getHistory } from '../operations/history.ts'
import type { Routes } from '../route.ts'
import type { EventShape } from '../shapes.ts'

interface HistoryDeps {
  readonly events: Pick<EventRepository, 'search'>
}

/** Newest first; `total` counts all that match. */
export function historyRoutes({ events }: HistoryDeps): Routes {
  return (server) => {
    serve(server, getHistory, async ({ query, caller }) => {
      const { word = [], since, ...filter } = query
      const found = await events.search(caller.uid, {
        ...filter,
        words: word,
        ...(since === undefined ? {} : { since: Date.parse(since) }),
      })
      return { events: found.events.map(shapeOf), total: found.total }
    })
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
