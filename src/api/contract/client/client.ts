// The typed client of the API. It is made of descriptors and one transport, and runs in a browser as well as in Node.

import type * as z from 'zod'
import { ERROR_CODES, type ErrorCode, KaroError } from '../../../base/errors.ts'
import { BUILD } from '../../../base/version.ts'
import type { Operation, RequestOf, Schema } from '../operation.ts'
import type { ErrorShape } from '../shapes.ts'

/** Most bytes of an answer; a year of one person's history as JSON is smaller. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
/** Longest time for one JSON document: a daemon that takes longer for anything but a query hangs. */
const DEADLINE_MS = 15_000
/** Node's HTTP server reads at most 16 KiB of request line and headers together. */
const MAX_PATH_CHARS = 12 * 1024
/** Longest silence of an event stream; the daemon sends something every 15 s. */
const EVENTS_IDLE_MS = 45_000
/** Most bytes of one event; real events are far smaller. */
const MAX_EVENT_BYTES = 256 * 1024

export interface CallOptions {
  /** Longest time for the whole answer. Default: 15 s for one JSON document; none for a stream, which may have no end. */
  readonly deadlineMs?: number | undefined
  /** Longest time between two pieces of a stream; absent if silence is normal. */
  readonly idleMs?: number
  /** Closes the connection, which ends the work of the daemon; the call then throws `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Most bytes of one JSON document: of the whole answer, or of one line of a stream. Default: 64 MiB. */
  readonly maxBytes?: number
  /** The `where` of an error about the request itself, e.g. `karo history`. */
  readonly where?: string
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** The path with its query. */
  readonly path: string
  /** JSON text. */
  readonly body: string | undefined
  /** The wanted media type of the answer. */
  readonly accept: string | undefined
}

/** Status and headers of an answer. */
export interface Head {
  readonly status: number
  /** Media type, without parameters. */
  readonly type: string
  /** Bytes of the body, if a header says so. */
  readonly length: number | undefined
  /** `x-karo-build`: the build of the daemon. */
  readonly build: string | undefined
}

/**
 * Sends one request: calls `onHead` once, then yields the body as it arrives. Leaving the loop closes the connection.
 * Throws KaroError `not_running`, `unavailable`, `timeout`, `refused`, `bad_file`, or the reason of `options.signal`.
 */
export type Transport = (
  request: WireRequest,
  options: CallOptions,
  onHead: (head: Head) => void,
) => AsyncGenerator<Uint8Array, void>

type Asked<Query, Body> =
  object extends RequestOf<Query, Body>
    ? [request?: RequestOf<Query, Body> & CallOptions]
    : [request: RequestOf<Query, Body> & CallOptions]

/** One event of a stream. A stream can be continued after `id`. Without `event` only the id has changed. */
export interface Followed<Item> {
  readonly id: string
  readonly event: Item | undefined
}

/**
 * Every call may throw KaroError: an error of the transport, the error in the daemon's answer, `too_large`, `bad_request`
 * for a query that is too long, `internal` for an answer that is not JSON, `conflict` for an answer of another version of
 * Karo that does not fit the schema.
 */
export interface Client {
  /** Calls an operation whose answer is one JSON document. */
  call<Query extends Schema, Body extends Schema, Answer extends object>(
    operation: Operation<Query, Body, Answer>,
    ...request: Asked<Query, Body>
  ): Promise<Answer>
  /** Like `call`, for a daemon of any version: the answer is not checked against the schema. */
  look<Query extends Schema, Body extends Schema>(
    operation: Operation<Query, Body>,
    ...request: Asked<Query, Body>
  ): Promise<unknown>
  /** Yields each line of an NDJSON answer as it arrives. Leaving the loop closes the connection. */
  lines<Query extends Schema, Body extends Schema, Answer, Item extends object>(
    operation: Operation<Query, Body, Answer, Item>,
    ...request: Asked<Query, Body>
  ): AsyncGenerator<Item, void>
  /** Yields the events of a stream. It ends only by an error: `unavailable` if the daemon closed it, `timeout` if it fell silent. */
  events<Query extends Schema, Body extends Schema, Answer, Item extends object>(
    operation: Operation<Query, Body, Answer, Item>,
    ...request: Asked<Query, Body>
  ): AsyncGenerator<Followed<Item>, never>
  /** Yields the raw bytes of an answer of type `type`. Whether they are complete has to be seen from the bytes. */
  bytes<Query extends Schema, Body extends Schema>(
    operation: Operation<Query, Body>,
    type: string,
    ...request: Asked<Query, Body>
  ): AsyncGenerator<Uint8Array, void>
}

interface Given extends CallOptions {
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export function createClient(transport: Transport): Client {
  async function* open(operation: Operation, type: string, given: Given, onHead?: (head: Head) => void) {
    let head: Head | undefined
    let refused = ''
    let size = 0
    const decoder = new TextDecoder()
    const chunks = transport(requestOf(operation, given, type), given, (told) => {
      head = told
      if (isGood(told, type)) onHead?.(told)
    })
    for await (const chunk of chunks) {
      if (head !== undefined && isGood(head, type)) yield chunk
      else {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) throw tooLarge()
        refused += decoder.decode(chunk, { stream: true })
      }
    }
    if (head === undefined || isGood(head, type)) return
    if (head.length !== undefined && size < head.length) throw brokeOff()
    throw errorOf(refused, head)
  }

  async function* lines(operation: Operation, type: string, given: Given) {
    let build: string | undefined
    const chunks = open(operation, type, given, (head) => {
      build = head.build
    })
    for await (const line of linesOf(chunks, given.maxBytes ?? MAX_ANSWER_BYTES)) yield { line, build }
  }

  async function look(operation: Operation, given: Given): Promise<{ value: unknown; head: Head }> {
    const { maxBytes = MAX_ANSWER_BYTES, deadlineMs = DEADLINE_MS } = given
    const decoder = new TextDecoder()
    let head: Head | undefined
    let text = ''
    let size = 0
    const request = requestOf(operation, given, undefined)
    for await (const chunk of transport(request, { ...given, deadlineMs }, (told) => (head = told))) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      text += decoder.decode(chunk, { stream: true })
    }
    if (head === undefined || size < (head.length ?? 0)) throw brokeOff()
    if (!isGood(head)) throw errorOf(text, head)
    return { value: text === '' ? undefined : parse(text), head }
  }

  const client = {
    async call(operation: Operation, given: Given = {}): Promise<unknown> {
      const { value, head } = await look(operation, given)
      await check(operation, operation.answer, value, head.build)
      return value
    },
    look: async (operation: Operation, given: Given = {}) => (await look(operation, given)).value,
    async *lines(operation: Operation, given: Given = {}) {
      for await (const { line, build } of lines(operation, 'application/x-ndjson', given)) {
        const value = parse(line)
        await check(operation, operation.lines?.item, value, build)
        yield value
      }
    },
    async *events(operation: Operation, given: Given = {}) {
      const limits = { idleMs: EVENTS_IDLE_MS, maxBytes: MAX_EVENT_BYTES, ...given }
      let id = ''
      let data: string[] = []
      // HTML Living Standard, 9.2.6.
      for await (const { line, build } of lines(operation, 'text/event-stream', limits)) {
        const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
        if (field === 'id') id = value
        else if (field === 'data') data.push(value)
        if (line !== '' || id === '') continue
        const event = data.length === 0 ? undefined : parse(data.join('\n'))
        data = []
        if (event !== undefined) await check(operation, operation.lines?.item, event, build)
        yield { id, event }
      }
      throw new KaroError('unavailable', 'the daemon ended the connection', {
        hint: 'It may have been stopped; karo status shows whether it runs.',
      })
    },
    bytes: (operation: Operation, type: string, given: Given = {}) => open(operation, type, given),
  }
  // The types follow from the descriptors; `check` compares answers of another build with the schemas.
  return client as Client
}

/**
 * Checks an answer of a daemon of another build against the schema, because a view would show `undefined` for a missing
 * member. An answer of the same build was made by the same schema; checking it again would cost more than all the rest of
 * a short command.
 */
async function check(
  operation: Operation,
  schema: (() => Promise<z.ZodType>) | undefined,
  value: unknown,
  build: string | undefined,
): Promise<void> {
  if (schema === undefined || build === BUILD) return
  const { checkShape } = await import('./check.ts')
  checkShape(operation, await schema(), value, build)
}

const isGood = ({ status, type }: Head, wanted: string = type): boolean =>
  status >= 200 && status < 300 && type === wanted

/** Numbers and booleans are written as in JSON, a list as a repeated parameter. Throws KaroError `bad_request`. */
function requestOf(
  { method, path }: Operation,
  { query = {}, body, where }: Given,
  accept: string | undefined,
): WireRequest {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) parameters.append(name, String(one))
  }
  const whole = parameters.size === 0 ? path : (`${path}?${parameters}` as const)
  if (whole.length > MAX_PATH_CHARS)
    throw new KaroError('bad_request', 'the search is too long', {
      where,
      hint: 'Use fewer or shorter words.',
    })
  return { method, path: whole, body: body === undefined ? undefined : JSON.stringify(body), accept }
}

/** Yields each line without its newline. Throws KaroError `unavailable` if the last line has no newline. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  /** The beginning of a line that has not ended yet. */
  let begun = ''
  for await (const chunk of chunks) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n')
    begun += first
    for (const next of more) {
      if (begun.length > most) throw tooLarge()
      yield begun
      begun = next
    }
    if (begun.length > most) throw tooLarge()
  }
  if (begun !== '') throw brokeOff()
}

const tooLarge = (): KaroError =>
  new KaroError('too_large', "the daemon's answer is too large", {
    hint: 'Ask for fewer entries, with --limit.',
  })
const brokeOff = (): KaroError =>
  new KaroError('unavailable', "the daemon's answer ends in the middle", {
    hint: 'It may have been stopped; karo status shows whether it runs. Then try again.',
  })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KaroError('internal', 'the answer is not JSON, so it is not from Karo')
  }
}

function errorOf(text: string, { status, build }: Head): KaroError {
  const error = rebuildError(parse(text), status)
  const isUnknownThere = error.code === 'not_found' || error.code === 'bad_request'
  if (!isUnknownThere || error.hint !== undefined || build === undefined || build === BUILD) return error
  const { code, message, where } = error
  return new KaroError(code, message, {
    where,
    hint: `The daemon is Karo ${build}, and this is ${BUILD}: restart the daemon, so that both are the same version.`,
  })
}

/** The error that the daemon threw, from an ErrorShape; for any other value an error that names `status`. */
export function rebuildError(value: unknown, status?: number): KaroError {
  const told = (value as Partial<ErrorShape> | null | undefined)?.error
  if (typeof told?.code !== 'string' || typeof told.message !== 'string') {
    const what = status === undefined ? 'an error of another kind' : `HTTP status ${status}`
    return new KaroError('internal', `the daemon answered with ${what}`)
  }
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, told.code) ? (told.code as ErrorCode) : 'internal'
  return new KaroError(code, told.message, {
    where: told.where,
    hint: told.hint,
  })
}
