// Bounds and words of the API that schemas, routes and the command line share. This file imports nothing.

export const HISTORY_LIMIT_DEFAULT = 50
export const HISTORY_LIMIT_MAX = 10_000
export const RANKED_LIMIT_MAX = 500
/** How the finder's text has to fit a command; the same words as in src/assist/finder. */
export const FINDER_MATCHES = ['fuzzy', 'words', 'exact'] as const
export const DELETE_IDS_MAX = 10_000
/** The most commands that a removal in parts takes in one. */
export const DELETE_PART_MAX = 100_000

/** Columns by which processes can be sorted, largest first. */
export const PROCESS_SORTS = ['memory', 'cpu', 'duration', 'started'] as const
export const PROCESSES_LIMIT_DEFAULT = 20
export const PROCESSES_LIMIT_MAX = 1_000

/** Limits of one request of an import: its entries, their bytes as JSON, and the bytes of one command. */
export const IMPORT_BATCH = { entries: 1_000, bytes: 2 * 1024 * 1024, command: 65_664 } as const
export const IMPORTS_LISTED = 1_000

export const STATISTICS_PERIODS = ['today', 'week', 'month', 'year'] as const

/** Types of events in the stream; `lost` is about the stream itself. */
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
  'report_threshold',
  'approval_wanted',
  'approval_decided',
  'agent_state',
  'task_progress',
  'alert_raised',
  'lost',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/**
 * What a token allows over TCP: `metrics` the metrics, `read` everything that only shows, `ask` questions to the mesh,
 * `full` everything that its owner may do but approving what agents ask for, `approve` that too. Each scope includes those
 * before it.
 */
export const TOKEN_SCOPES = ['metrics', 'read', 'ask', 'full', 'approve'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** Most valid tokens of one person: more than a person has scripts. */
export const TOKENS_PER_PERSON = 32

const DAY_MS = 86_400_000
/** Life of a token in ms: at most a year, which fits a scraper that is renewed yearly; no token is valid for ever. */
export const TOKEN_TTL_MS = { least: 60_000, usual: 30 * DAY_MS, most: 366 * DAY_MS } as const

/** Buckets, and fetches of releases, in one answer: a month of hours. */
export const GIVEN_MAX = 1_000

/** What became of a request for approval. */
export const APPROVAL_OUTCOMES = ['used', 'unused', 'denied', 'expired', 'withdrawn'] as const
export const APPROVALS_LOG_MAX = 2_000
/** Characters of what an AI tool says that an action of it would do. */
export const APPROVAL_INPUT_CHARS = 262_144

/** Bytes of a request with a file of secrets in it. */
export const RESTORE_BYTES = 2 * 1024 * 1024
/** Bytes of a request with a part of an artifact in it. */
export const ARTIFACT_PART_BYTES = 384 * 1024

/** A name or an id that a person chooses, of a token or a task. */
export const CHOSEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** So long before its end an issuer's certificate is told of: the root is far away, and a person needs time to fetch it. */
export const ISSUER_SOON_MS = 30 * DAY_MS

const ENDED = 'its certificate has ended, if the clock of this machine is right'
const INVITE = 'Ask an issuer for an invite: karo join <code>'
/** Why the certificate of a node does not hold, where its key is not revoked; and what a person does about it. */
export const WHY_OUT = {
  issuer_revoked: ['the root revoked the issuer that certified it', INVITE],
  not_granted: [
    'the issuer that certified it may not give its roles any more (karo ca renew --grant lets it)',
    INVITE,
  ],
  ended: [ENDED, INVITE],
  issuer_ended: [ENDED, 'With the root key: karo ca renew'],
  early: [
    'its certificate begins later, if the clock of this machine is right: another one was ahead when it was signed (an issuer: karo ca renew)',
    INVITE,
  ],
}
