// The way to the daemon over its control socket: HTTP/1.0 by hand, because loading an HTTP library costs more than
// everything else a short command does.
import { createConnection } from 'node:net'
import { KaroError } from '../../../base/errors.ts'
import { type Client, createClient, type Head, type Transport, type WireRequest } from './client.ts'
import { explain, tooLate } from './explain.ts'
import { watchSilence } from './silence.ts'

/** For how the node is: no answer is an answer then, and with the program's own start it is there within 2 s. */
export const STATUS_MS = 1_800
/** What our own server sends before a body is a few hundred bytes. */
const MAX_HEAD_BYTES = 16 * 1024

/** Where the daemon listens; a command's `io` is one. */
export interface DaemonAddress {
  /** Absolute path of the control socket. */
  readonly socket: string
  /** 32 lower-case hex digits that the daemon notes down with what it does; made up there when absent. */
  readonly trace?: string
}

export const daemonAt = (daemon: DaemonAddress): Client => createClient(overSocket(daemon))

/**
 * Throws `not_running` when nobody listens, `bad_file` or `refused` when the socket may not be used, `unavailable` when the
 * daemon hangs up. A daemon that says nothing, not even that it is there, is given up after 5 s whatever the deadline is.
 */
const overSocket = (daemon: DaemonAddress): Transport =>
  async function* (request, options, onHead) {
    const { deadlineMs, idleMs, signal } = options
    signal?.throwIfAborted()
    const socket = createConnection({ path: daemon.socket })
    const late = (ms: number) => () => void socket.destroy(tooLate(ms, daemon.socket))
    const timer = deadlineMs === undefined ? undefined : setTimeout(late(deadlineMs), deadlineMs)
    if (idleMs !== undefined) socket.setTimeout(idleMs, late(idleMs))
    const hangUp = (): void => void socket.destroy(new KaroError('unavailable', 'the question was cancelled'))
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

/** `rest` is what came of the body together with the head. */
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

/** Enough of RFC 9112 for answers of our own server. */
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
    hint: 'It may be stopping or busy: try again. If it stays so: karo doctor',
  })
