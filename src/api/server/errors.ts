// Turns an error into the answer of the API: a status and an ErrorShape. Details of unexpected errors go only to the log.
import { ERROR_CODES, type ErrorCode, type ErrorDetails, KaroError } from '../../base/errors.ts'
import { isDiskTrouble } from '../../store/index.ts'
import type { ErrorShape } from '../contract/shapes.ts'

interface DescribedError {
  readonly status: number
  readonly body: ErrorShape
  /** HTTP headers of the answer: when to try again, how to authenticate. */
  readonly headers: Readonly<Record<string, string>>
  /** True for an error that nobody foresaw; it has to be logged. */
  readonly unexpected: boolean
}

/** The parts of a Fastify error that tell whether the request is wrong. */
interface RequestFault {
  readonly statusCode?: number
  readonly message?: string
  readonly validation?: readonly {
    instancePath: string
    keyword?: string
    message?: string
    params?: Record<string, unknown>
    parentSchema?: { readonly description?: string }
  }[]
  readonly validationContext?: string
}

/** There were too many requests; the error says when the next one will be answered. */
export class RateLimited extends KaroError {
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number, details: ErrorDetails = {}) {
    super('rate_limited', message, details)
    this.retryAfterMs = retryAfterMs
  }
}

/** The pattern of names that people give, as the schemas have it. */
const WORD = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'

/** When to try again if the error does not say it. */
const RETRY_AFTER_MS = 1_000

export function describeError(error: unknown): DescribedError {
  if (error instanceof KaroError) {
    return { ...say(error.code, error.message, error.where, error.hint), headers: headersOf(error) }
  }
  if (Object(error).code === 'ERR_PROGRAM_REPLACED') {
    const hint =
      'Restart it: karo stop, then karo up --background. Where it is a service: sudo systemctl restart karo.'
    return say('unavailable', "the daemon's program was replaced while it ran", undefined, hint)
  }
  const { validation, validationContext, statusCode = 0, message } = Object(error) as RequestFault
  const first = validation?.[0]
  if (first !== undefined)
    return say('bad_request', sayInvalid(first), `${validationContext ?? 'request'}${first.instancePath}`)
  // As Node, libuv and LevelDB say it: by a code, by a number, and in words.
  if (/EMFILE: |system error 24\b|too many open files(?! in system)/i.test(String(error))) {
    const hint = 'karo doctor --only runtime.files says how to allow more.'
    return say('unavailable', 'the daemon may open no more files', undefined, hint)
  }
  if (isDiskTrouble(error)) {
    const hint = 'karo status says why. Make room or mend it, and do this again.'
    return say('unavailable', "the disk of the node's database takes nothing more", undefined, hint)
  }
  if (statusCode === 413) return say('too_large', 'the request is too large')
  if (statusCode >= 400 && statusCode < 500)
    return say('bad_request', message ?? 'the request cannot be understood')
  return { ...say('internal', 'something went wrong inside the daemon; see its log'), unexpected: true }
}

/** By keyword of JSON Schema. */
const BOUNDS: Readonly<Record<string, (limit: string) => string>> = {
  minLength: (limit) => (limit === '1' ? 'it is empty' : `it is too short: at least ${limit} characters`),
  maxLength: (limit) => `it is too long: at most ${limit} characters`,
  minimum: (limit) => `it is too small: at least ${limit}`,
  maximum: (limit) => `it is too large: at most ${limit}`,
  minItems: (limit) => `there are too few: at least ${limit}`,
  maxItems: (limit) => `there are too many: at most ${limit}`,
}

function sayInvalid(fault: NonNullable<RequestFault['validation']>[number]): string {
  const { additionalProperty, missingProperty, allowedValues, pattern, limit } = fault.params ?? {}
  if (additionalProperty) return `there is no field '${additionalProperty}' here`
  if (missingProperty) return `the field '${missingProperty}' is missing`
  if (Array.isArray(allowedValues)) return `must be one of ${allowedValues.join(', ')}`
  if (pattern === WORD) return 'letters, digits, . _ - only, beginning with a letter or digit, at most 64'
  if (pattern) return `it is not as it has to be: ${fault.parentSchema?.description ?? pattern}`
  return BOUNDS[fault.keyword ?? '']?.(String(limit)) ?? fault.message ?? 'is not valid'
}

function say(code: ErrorCode, message: string, where?: string, hint?: string): DescribedError {
  return {
    status: ERROR_CODES[code].http,
    body: {
      error: {
        code,
        message,
        where,
        hint,
      },
    },
    headers: {},
    unexpected: false,
  }
}

/** RFC 9110: 401 names a way to authenticate (11.6.1), 429 may say after how many seconds to try again (10.2.3). */
function headersOf(error: KaroError): Readonly<Record<string, string>> {
  if (error.code === 'unauthorized') return { 'www-authenticate': 'Bearer realm="karo"' }
  if (error.code !== 'rate_limited') return {}
  const waitMs = error instanceof RateLimited ? error.retryAfterMs : RETRY_AFTER_MS
  return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) }
}
