// How an error leaves the API: a status and an ErrorShape; whatever nobody foresaw stays in the log.
import { ERROR_CODES, type ErrorCode, KaroError } from '../base/errors.ts'
import type { ErrorShape } from './shapes.ts'

interface DescribedError {
  readonly status: number
  readonly body: ErrorShape
  /** True: not an error for people; log it. */
  readonly unexpected: boolean
}

/** The parts of a fastify error that say whose fault it is. */
interface RequestFault {
  readonly statusCode?: number
  readonly message?: string
  readonly validation?: readonly {
    instancePath: string
    message?: string
    params?: Record<string, unknown>
  }[]
  readonly validationContext?: string
}

export function describeError(error: unknown): DescribedError {
  if (error instanceof KaroError) return say(error.code, error.message, error.where, error.hint)
  const fault = (typeof error === 'object' && error !== null ? error : {}) as RequestFault
  const first = fault.validation?.[0]
  if (first !== undefined) {
    const place = `${fault.validationContext ?? 'request'}${first.instancePath}`
    return say('bad_request', sayInvalid(first), place)
  }
  if (fault.statusCode === 413) return say('too_large', 'the request is too large')
  if (fault.statusCode !== undefined && fault.statusCode >= 400 && fault.statusCode < 500) {
    return say('bad_request', fault.message ?? 'the request cannot be understood')
  }
  return { ...say('internal', 'something went wrong inside the daemon; its log says what'), unexpected: true }
}

function sayInvalid(fault: { message?: string; params?: Record<string, unknown> }): string {
  const message = fault.message ?? 'is not valid'
  const extra = fault.params?.additionalProperty ?? fault.params?.allowedValues
  return extra === undefined ? message : `${message}: ${String(extra)}`
}

function say(code: ErrorCode, message: string, where?: string, hint?: string): DescribedError {
  return {
    status: ERROR_CODES[code].http,
    body: {
      error: {
        code,
        message,
        ...(where === undefined ? {} : { where }),
        ...(hint === undefined ? {} : { hint }),
      },
    },
    unexpected: false,
  }
}
