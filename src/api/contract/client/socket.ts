// Talks to the daemon over its control socket, in HTTP/1.0 without a library: loading one would take longer than all the
// rest of a short command. Even node:net is loaded with the first request, because `karo check` has none.
import { KaroError } from '../../../base/errors.ts'
import { type Client, createClient, type Head, type Transport, type WireRequest } from './client.ts'
import { explain, tooLate } from './explain.ts'
import { watchSilence } from './silence.ts'

/** Deadline for status requests: without an answer the status says so, and together with its start the program takes at most 2 s. */
export const STATUS_MS = 1_800
/** Most bytes of a head; our own server sends a few hundred. */
const MAX_HEAD_BYTES = 16 * 1024

/** Where the daemon listens; the `io` of a command has these members. */
export interface DaemonAddress {
  /** Absolute path of the control socket. */
  readonly socket: string
  /** 32 lower-case hex digits that the daemon writes into its log and ledger; if absent, the daemon makes one. */
  readonly trace?: string
}

export const daemonAt = (daemon: DaemonAddress): Client => createClient(overSocket(daemon))

/**
 * Throws `not_running` if no daemon listens, `bad_file` or `refused` if the socket may not be used, `unavailable` if the
 * daemon closes the connection. A daemon that does not even answer a probe is given up after 5 s, whatever the deadline.
 */
const overSocket = (daemon: DaemonAddress): Transport =>
  async function* (request, options, onHead) {
    const { deadlineMs, idleMs, signal } = options
    signal?.throwIfAborted()
    const socket = process.getBuiltinModule('node:net').createConnection({ path: daemon.socket })
    const late = (ms: number) => () => void socket.destroy(tooLate(ms, daemon.socket))
    const timer = deadlineMs === undefined ? undefined : setTimeout(late(deadlineMs), deadlineMs)
    if (idleMs !== undefined) socket.setTimeout(idleMs, late(idleMs))
    const hangUp = (): void => void socket.destroy(new KaroError('unavailable', 'the request was cancelled'))
    signal?.addEventListener('abort', hangUp, { once: true })
    socket.on('connect', () => socket.write(encode(daemon, request)))
    const heard = watchSilence(daemon.socket, (error) => socket.destroy(error), deadlineMs)
    try {
      const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]()
      const { head, rest } = await readHead(chunks)
      heard()
      onHead(head)
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

function encode({ trace }: DaemonAddress, { method, path, body = '', accept }: WireRequest): string {
  const headers = [
    ...(body === '' ? [] : ['content-type: application/json']),
    ...(accept === undefined ? [] : [`accept: ${accept}`]),
    ...(trace === undefined ? [] : [`x-trace-id: ${trace}`]),
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${method} ${path} HTTP/1.0\r\n${headers.join('\r\n')}\r\n\r\n${body}`
}

/** `rest` is the beginning of the body that arrived together with the head. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ head: Head; rest: Buffer }> {
  let read = Buffer.alloc(0)
  for (;;) {
    const end = read.indexOf('\r\n\r\n') + 4
    if (end >= 4) return { head: headOf(read.toString('latin1', 0, end)), rest: read.subarray(end) }
    const { value, done } = await chunks.next()
    if (done || read.length > MAX_HEAD_BYTES) throw noAnswer()
    read = Buffer.concat([read, value])
  }
}

/** Reads as much of RFC 9112 as the answers of our own server need. */
function headOf(text: string): Head {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
  if (status === undefined) throw noAnswer()
  const value = (name: string) => new RegExp(`\r\n${name}: *([^\r;]*)`, 'i').exec(text)?.[1]
  const length = value('content-length')
  return {
    status: Number(status),
    type: value('content-type') ?? '',
    length: length === undefined ? undefined : Number(length),
    build: value('x-karo-build'),
  }
}

const noAnswer = (): KaroError =>
  new KaroError('unavailable', 'the daemon ended the connection without an answer', {
    hint: 'It may be stopping or busy: try again. If that does not help: karo doctor',
  })
