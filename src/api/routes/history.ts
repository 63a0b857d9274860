// /history: a person's own commands, searched; the only route that hands out level 0, and only to its owner.
import { revealLevel0 } from '../../observe/level0.ts'
import type { EventRepository, StoredEvent } from '../../store/events.ts'
import type { Routes } from '../route.ts'
import { type EventShape, HISTORY_LIMIT_DEFAULT, HISTORY_LIMIT_MAX, RISK_LEVELS } from '../shapes.ts'

interface HistoryDeps {
  readonly events: Pick<EventRepository, 'search'>
}

interface HistoryQuery {
  readonly word?: readonly string[]
  readonly cwd?: string
  readonly failed?: boolean
  readonly risk?: (typeof RISK_LEVELS)[number]
  readonly since?: string
  readonly shell?: string
  readonly limit: number
}

const historyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    /** Repeated; every one must occur. */
    word: { type: 'array', maxItems: 32, items: { type: 'string', minLength: 1, maxLength: 1024 } },
    /** Absolute; this directory and those below it. */
    cwd: { type: 'string', minLength: 1, maxLength: 4096 },
    failed: { type: 'boolean' },
    /** This level or a higher one. */
    risk: { type: 'string', enum: RISK_LEVELS },
    since: { type: 'string', format: 'date-time' },
    shell: { type: 'string', minLength: 1, maxLength: 32 },
    limit: { type: 'integer', minimum: 1, maximum: HISTORY_LIMIT_MAX, default: HISTORY_LIMIT_DEFAULT },
  },
} as const

/** Newest first; `total` counts all that match. */
export function historyRoutes({ events }: HistoryDeps): Routes {
  return (server) => {
    server.get<{ Querystring: HistoryQuery }>(
      '/api/v1/history',
      { config: { access: 'person' }, schema: { querystring: historyQuery } },
      async ({ query, caller }): Promise<{ events: EventShape[]; total: number }> => {
        const { word = [], since, ...filter } = query
        const found = await events.search(caller.uid, {
          ...filter,
          words: word,
          ...(since === undefined ? {} : { since: Date.parse(since) }),
        })
        return { events: found.events.map(shapeOf), total: found.total }
      },
    )
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
