// The table of error codes: HTTP status, exit code of the CLI, meaning, and whether other machines are told its message.

/** Exit codes on which scripts rely; `karo` exits with no other. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  refused: 4,
  partial: 5,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

interface ErrorRow {
  /** Status of HTTP. */
  readonly http: number
  readonly exit: ExitCode
  /** What it means, for readers of the API's description. */
  readonly meaning: string
  /** Its messages name no place, no command and no secret of this machine, so that another machine may read them. */
  readonly toldAfar?: true
}

/** In the order of the statuses, which is that of the API's description. */
const ROWS = {
  bad_request: {
    http: 400,
    exit: EXIT.usage,
    toldAfar: true,
    meaning: 'the request cannot be understood, or a value in it is out of bounds',
  },
  /** Carries file and line. */
  bad_config: { http: 400, exit: EXIT.usage, meaning: 'the configuration cannot be used' },
  unauthorized: { http: 401, exit: EXIT.refused, meaning: 'the caller is unknown' },
  refused: { http: 403, exit: EXIT.refused, meaning: 'policy, trust or rights do not allow it' },
  not_found: { http: 404, exit: EXIT.failed, meaning: 'it does not exist', toldAfar: true },
  conflict: {
    http: 409,
    exit: EXIT.failed,
    toldAfar: true,
    meaning: 'the name fits several things, or the state forbids the request',
  },
  too_large: {
    http: 413,
    exit: EXIT.usage,
    toldAfar: true,
    meaning: 'the request or the answer is too large',
  },
  rate_limited: { http: 429, exit: EXIT.failed, meaning: 'too many requests at once', toldAfar: true },
  bad_file: {
    http: 500,
    exit: EXIT.failed,
    meaning: 'a file of the node is missing, unreadable or damaged',
  },
  internal: {
    http: 500,
    exit: EXIT.failed,
    meaning: 'a mistake in the daemon; its log shows it under the trace id',
  },
  not_running: { http: 503, exit: EXIT.notRunning, meaning: 'the node is not running' },
  unavailable: { http: 503, exit: EXIT.failed, meaning: 'a part of the node is not ready' },
  timeout: { http: 504, exit: EXIT.failed, meaning: 'it took too long' },
} as const satisfies Readonly<Record<string, ErrorRow>>
export type ErrorCode = keyof typeof ROWS

export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorRow>> = ROWS

export interface ErrorDetails {
  /** One imperative sentence for the person: what to do about it. */
  readonly hint?: string | undefined
  /** Place of the fault: `config.toml:12`, the name of an option, a path. */
  readonly where?: string | undefined
  readonly cause?: unknown
}

/** An error that a person may see: `message` says what is wrong, `where` at which place, `hint` what to do. */
export class KaroError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details)
    this.name = 'KaroError'
    this.code = code
    this.hint = details.hint
    this.where = details.where
  }
}

/** The message, and behind it what to do, if the error says that. */
export function sayWhy(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof KaroError && error.hint !== undefined
    ? `${error.message}. ${error.hint}`
    : error.message
}
