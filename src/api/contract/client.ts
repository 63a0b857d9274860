// The CLI's way to the daemon: HTTP/1.0 by hand over the control socket, because loading an HTTP library costs more
// than everything else a short command does.
import { createConnection, type Socket } from 'node:net'
import { KaroError } from '../../base/errors.ts'
import { brokeOff, explain, rebuildError, tooLarge, tooLate } from './client-errors.ts'
import { watchSilence } from './client-silence.ts'

/** A year of one person's history as JSON stays below this. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024
/** A daemon that takes longer for anything but a query is stuck. */
const DEADLINE_MS = 15_000
/** For how the node is: no answer is an answer then, and with the program's own start it is there within 2 s. */
export const STATUS_MS = 1_800

const NDJSON = 'application/x-ndjson'
const NEWLINE = 0x0a
/** What our own server sends before a body is a few hundred bytes. */
const MAX_HEAD_BYTES = 16 * 1024

/** Where the daemon listens; a command's `io` is one. */
export interface DaemonAddress {
  /** Absolute path of the control socket. */
  readonly socket: string
  /** 32 lower-case hex digits that the daemon notes down with what it does; made up there when absent. */
  readonly trace?: string
}

/**
 * One request; resolves with the JSON of a 2xx answer (undefined when it has no body). `path` starts with
 * `/api/v1/`. Throws KaroError: `not_running` when nobody listens, `bad_file` when the socket may not be used,
 * `timeout`, `unavailable` when the daemon hangs up, `internal` for an answer that is no API answer, or
 * whatever error the daemon told. A daemon that says nothing, not even that it is there, is given up after 5 s
 * whatever the deadline is.
 */
export async function callDaemon(
  daemon: DaemonAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  deadlineMs = DEADLINE_MS,
): Promise<unknown> {
  const response = await exchange(daemon.socket, () => encodeRequest(daemon, method, path, body), deadlineMs)
  const { status, text } = decodeResponse(response)
  const value = text === '' ? undefined : parse(text)
  if (status >= 200 && status < 300) return value
  throw rebuildError(value, status)
}

export interface StreamOptions {
  /** Of the whole answer; absent for one that has no end. */
  readonly deadlineMs?: number
  /** Between two pieces of it; absent where silence is normal. */
  readonly idleMs?: number
  /** Hangs up, which ends whatever was asked for; the loop over the lines then throws `signal.reason`. */
  readonly signal?: AbortSignal
  /** Most bytes of one line. */
  readonly maxLineBytes?: number
}

/**
 * One request whose answer comes as NDJSON: yields the value of each line as it comes; leaving the loop hangs up.
 * Throws KaroError as callDaemon does, also `too_large` for a line beyond the limit.
 */
export async function* streamDaemon(
  daemon: DaemonAddress,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
  options: StreamOptions,
): AsyncGenerator<unknown, void> {
  for await (const line of streamLines(daemon, { method, path, body, type: NDJSON }, options))
    yield parse(line)
}

/** As streamDaemon, of any `type` that is made of lines: yields each line without its end. */
export async function* streamLines(
  daemon: DaemonAddress,
  request: StreamRequest,
  options: StreamOptions,
): AsyncGenerator<string, void> {
  yield* linesOf(streamBytes(daemon, request, options), options.maxLineBytes ?? MAX_RESPONSE_BYTES)
}

interface StreamRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  /** Media type of the answer. */
  readonly type: string
}

/** As streamDaemon, of any `type`: yields its bytes as they come. That all have come the bytes themselves must say. */
export async function* streamBytes(
  daemon: DaemonAddress,
  { method, path, body, type }: StreamRequest,
  { deadlineMs, idleMs, signal }: StreamOptions,
): AsyncGenerator<Buffer, void> {
  signal?.throwIfAborted()
  const socket = createConnection({ path: daemon.socket })
  const timer =
    deadlineMs === undefined
      ? undefined
      : setTimeout(() => socket.destroy(tooLate(deadlineMs, daemon.socket)), deadlineMs)
  if (idleMs !== undefined) socket.setTimeout(idleMs, () => socket.destroy(tooLate(idleMs, daemon.socket)))
  const hangUp = (): void => void socket.destroy(new KaroError('unavailable', 'the question was cancelled'))
  signal?.addEventListener('abort', hangUp, { once: true })
  socket.on('connect', () => socket.write(encodeRequest(daemon, method, path, body, type)))
  const heard = watchSilence(daemon.socket, (error) => socket.destroy(error), deadlineMs)
  try {
    const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]()
    const { head, rest } = await readHead(chunks)
    heard()
    if (!/^HTTP\/1\.[01] 2\d\d/.test(head) || !head.toLowerCase().includes(`\r\ncontent-type: ${type}`)) {
      const { status, text } = decodeResponse(
        Buffer.concat([Buffer.from(head, 'latin1'), ...(await drain(rest, chunks))]),
      )
      throw rebuildError(parse(text), status)
    }
    yield rest
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
  } catch (error) {
    signal?.throwIfAborted()
    throw explain(error as Error, daemon.socket)
  } finally {
    heard()
    clearTimeout(timer)
    signal?.removeEventListener('abort', hangUp)
    socket.destroy()
  }
}

/** Up to and with the empty line; `rest` is what came of the body by then. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ head: string; rest: Buffer }> {
  let read = Buffer.alloc(0)
  for (;;) {
    const end = read.indexOf('\r\n\r\n') + 4
    if (end >= 4) return { head: read.toString('latin1', 0, end), rest: read.subarray(end) }
    const { value, done } = await chunks.next()
    // Says what is wrong with it.
    if (done || read.length > MAX_HEAD_BYTES) return { head: read.toString('latin1'), rest: Buffer.alloc(0) }
    read = Buffer.concat([read, value])
  }
}

async function drain(first: Buffer, chunks: AsyncIterator<Buffer>): Promise<Buffer[]> {
  const read = [first]
  for (let size = first.length; size <= MAX_RESPONSE_BYTES; ) {
    const { value, done } = await chunks.next()
    if (done) return read
    size += value.length
    read.push(value)
  }
  throw tooLarge()
}

/** Each line without its end. Throws KaroError `unavailable` when the last one has none. */
async function* linesOf(chunks: AsyncIterable<Buffer>, most: number): AsyncGenerator<string> {
  /** Of a line that has not ended. */
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    let begin = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      if (size + end - begin > most) throw tooLarge()
      yield Buffer.concat([...parts, chunk.subarray(begin, end)]).toString('utf8')
      parts = []
      size = 0
      begin = end + 1
    }
    parts.push(chunk.subarray(begin))
    size += chunk.length - begin
    if (size > most) throw tooLarge()
  }
  if (size > 0) throw brokeOff()
}

function encodeRequest(
  { trace }: DaemonAddress,
  method: string,
  path: string,
  body: unknown,
  accept?: string,
): string {
  const content = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? '' : 'content-type: application/json\r\n'
  const wanted = accept === undefined ? '' : `accept: ${accept}\r\n`
  const traced = trace === undefined ? '' : `x-trace-id: ${trace}\r\n`
  const length = `content-length: ${Buffer.byteLength(content)}\r\n`
  return `${method} ${path} HTTP/1.0\r\n${type}${wanted}${traced}${length}\r\n${content}`
}

function exchange(socketPath: string, request: () => string, deadlineMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket: Socket = createConnection({ path: socketPath })
    const timer = setTimeout(() => socket.destroy(tooLate(deadlineMs, socketPath)), deadlineMs)
    const heard = watchSilence(socketPath, (error) => socket.destroy(error), deadlineMs)
    socket.on('connect', () => socket.write(request()))
    socket.on('data', (chunk) => {
      heard()
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_RESPONSE_BYTES) socket.destroy(tooLarge())
    })
    socket.on('end', () => resolve(Buffer.concat(chunks, size)))
    socket.on('error', (error) => reject(explain(error, socketPath)))
    socket.on('close', () => {
      heard()
      clearTimeout(timer)
    })
  })
}

/** Enough of RFC 9112 for answers of our own server: a status line, headers we do not need, a body to the end. */
function decodeResponse(response: Buffer): { status: number; text: string } {
  const end = response.indexOf('\r\n\r\n')
  const head = response.toString('latin1', 0, Math.max(end, 0))
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  if (end < 0 || Number.isNaN(status)) {
    throw new KaroError('unavailable', 'the daemon ended the connection without an answer', {
      hint: 'It may be stopping or busy: try again. If it stays so: karo doctor',
    })
  }
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const body = response.subarray(end + 4)
  if (length !== undefined && body.length < Number(length)) {
    throw brokeOff()
  }
  return { status, text: body.toString('utf8') }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KaroError('internal', 'the answer from the control socket is not JSON, so it is not from Karo')
  }
}
