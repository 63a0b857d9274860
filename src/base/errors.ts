// The table of error codes, each with its HTTP status and its exit code of the CLI.

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

export const ERROR_CODES = {
  /** The person's words are wrong: unknown option, bad argument, bad configuration value. */
  bad_request: { http: 400, exit: EXIT.usage },
  /** The configuration cannot be used; carries file and line. */
  bad_config: { http: 400, exit: EXIT.usage },
  unauthorized: { http: 401, exit: EXIT.refused },
  /** Policy, trust or guard refused. */
  refused: { http: 403, exit: EXIT.refused },
  not_found: { http: 404, exit: EXIT.failed },
  /** The name fits several things, or the state forbids the action (already running, already trusted). */
  conflict: { http: 409, exit: EXIT.failed },
  too_large: { http: 413, exit: EXIT.usage },
  rate_limited: { http: 429, exit: EXIT.failed },
  /** A file of Karo's is missing, unreadable, writable by others, or damaged. */
  bad_file: { http: 500, exit: EXIT.failed },
  internal: { http: 500, exit: EXIT.failed },
  not_running: { http: 503, exit: EXIT.notRunning },
  /** A room is not ready (store closed, mesh down). */
  unavailable: { http: 503, exit: EXIT.failed },
  timeout: { http: 504, exit: EXIT.failed },
} as const satisfies Record<string, { http: number; exit: ExitCode }>
export type ErrorCode = keyof typeof ERROR_CODES

export interface ErrorDetails {
  /** One imperative sentence for the person: what to do about it. */
  readonly hint?: string
  /** Place of the fault: `config.toml:12`, the name of an option, a path. */
  readonly where?: string
  readonly cause?: unknown
}

/** An error that a person may see: `message` says what is wrong, `where` at which place, `hint` what to do. */
export class KaroError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'KaroError'
    this.code = code
    this.hint = details.hint
    this.where = details.where
  }
}
