// The bounds and words of the API that schemas, routes and the command line share; loads nothing.

export const HISTORY_LIMIT_DEFAULT = 50
export const HISTORY_LIMIT_MAX = 10_000
export const RANKED_LIMIT_MAX = 500
export const DELETE_IDS_MAX = 10_000

/** By what processes may be ordered, the most first. */
export const PROCESS_SORTS = ['memory', 'cpu', 'duration', 'started'] as const
export const PROCESSES_LIMIT_DEFAULT = 20
export const PROCESSES_LIMIT_MAX = 1_000

/** Entries of one request of an import, their bytes as JSON, and the length of a command among them. */
export const IMPORT_BATCH = { entries: 1_000, bytes: 2 * 1024 * 1024, command: 65_664 } as const
export const IMPORTS_LISTED = 1_000

export const STATISTICS_PERIODS = ['today', 'week', 'month', 'year'] as const

/** What the event stream tells of; `lost` is about the stream itself. */
export const EVENT_TYPES = [
  'peer_connected',
  'peer_gone',
  'peer_pending',
  'member_seen',
  'member_left',
  'trust_changed',
  'query_asked',
  'query_answered',
  'summary_published',
  'consent_changed',
  'health_changed',
  'config_reloaded',
  'command_recorded',
  'anomaly_found',
  'lost',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/**
 * How far a token opens the API over TCP, each what those before it open: `metrics` the numbers for a scraper, `read`
 * whatever is only shown, `ask` questions to the mesh, `full` everything its owner may do.
 */
export const TOKEN_SCOPES = ['metrics', 'read', 'ask', 'full'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** More than one person has scripts; expired ones do not count. */
export const TOKENS_PER_PERSON = 32

const DAY_MS = 86_400_000
/** Long enough for a scraper that is renewed with its machine, short enough that no token is for ever. */
export const TOKEN_TTL_MS = { least: 60_000, usual: 30 * DAY_MS, most: 366 * DAY_MS } as const
