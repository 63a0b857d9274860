// The CLI's way to the daemon: HTTP/1.0 by hand over the control socket, because loading an HTTP library costs more
// than everything else a short command does.
import { existsSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { ERROR_CODES, type ErrorCode, KaroError } from '../base/errors.ts'
import type { ErrorShape } from './shapes.ts'

/** A year of one person's history as JSON stays below this. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024
/** A daemon that takes longer for anything but a query is stuck. */
const DEADLINE_MS = 15_000

/** Where the daemon listens; a command's `io` is one. */
export interface DaemonAddress {
  /** Absolute path of the control socket. */
  readonly socket: string
}

/**
 * One request; resolves with the JSON of a 2xx answer (undefined when it has no body). `path` starts with
 * `/api/v1/`. Throws KaroError: `not_running` when nobody listens, `bad_file` when the socket may not be used,
 * `timeout`, `unavailable` when the daemon hangs up, `internal` for an answer that is no API answer, or
 * whatever error the daemon told.
 */
export async function callDaemon(
  daemon: DaemonAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  deadlineMs = DEADLINE_MS,
): Promise<unknown> {
  const response = await exchange(daemon.socket, encodeRequest(method, path, body), deadlineMs)
  const { status, text } = decodeResponse(response)
  const value = text === '' ? undefined : parse(text)
  if (status >= 200 && status < 300) return value
  throw rebuildError(status, value)
}

function encodeRequest(method: string, path: string, body: unknown): string {
  const content = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? '' : 'content-type: application/json\r\n'
  return `${method} ${path} HTTP/1.0\r\n${type}content-length: ${Buffer.byteLength(content)}\r\n\r\n${content}`
}

function exchange(socketPath: string, request: string, deadlineMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket: Socket = createConnection({ path: socketPath })
    const timer = setTimeout(() => {
      socket.destroy(
        new KaroError('timeout', `the daemon did not answer within ${deadlineMs / 1000} s`, {
          hint: 'It is stuck or the machine is busy: try again, or look at its log.',
        }),
      )
    }, deadlineMs)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_RESPONSE_BYTES) {
        socket.destroy(
          new KaroError('too_large', "the daemon's answer is too large", {
            hint: 'Ask for less, with --limit.',
          }),
        )
      }
    })
    socket.on('end', () => resolve(Buffer.concat(chunks, size)))
    socket.on('error', (error) => reject(explain(error, socketPath)))
    socket.on('close', () => clearTimeout(timer))
  })
}

/** Enough of RFC 9112 for answers of our own server: a status line, headers we do not need, a body to the end. */
function decodeResponse(response: Buffer): { status: number; text: string } {
  const end = response.indexOf('\r\n\r\n')
  const head = response.toString('latin1', 0, Math.max(end, 0))
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  if (end < 0 || Number.isNaN(status)) {
    throw new KaroError('unavailable', 'the daemon hung up without an answer', {
      hint: 'It may be stopping or busy: try again, or look at its log.',
    })
  }
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const body = response.subarray(end + 4)
  if (length !== undefined && body.length < Number(length)) {
    throw new KaroError('unavailable', "the daemon's answer broke off")
  }
  return { status, text: body.toString('utf8') }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KaroError('internal', 'what answers on the control socket does not speak JSON')
  }
}

function rebuildError(status: number, value: unknown): KaroError {
  const told = (value as Partial<ErrorShape> | undefined)?.error
  if (typeof told?.code !== 'string' || typeof told.message !== 'string') {
    return new KaroError('internal', `the daemon answered with HTTP status ${status}`)
  }
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, told.code) ? (told.code as ErrorCode) : 'internal'
  return new KaroError(code, told.message, {
    ...(told.where === undefined ? {} : { where: told.where }),
    ...(told.hint === undefined ? {} : { hint: told.hint }),
  })
}

function explain(error: Error, socketPath: string): KaroError {
  if (error instanceof KaroError) return error
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
    return new KaroError('not_running', 'the karo daemon is not running', {
      where: socketPath,
      hint: existsSync(dirname(socketPath))
        ? 'Start it with: karo up'
        : 'That directory does not exist. Check --home or KARO_HOME; a new node begins with: karo up',
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new KaroError('bad_file', 'the control socket belongs to another user', {
      where: socketPath,
      hint: 'Run this as the user that runs the daemon, or choose your own home with --home.',
    })
  }
  return new KaroError('unavailable', `the daemon hung up: ${error.message}`, { where: socketPath })
}
