// Talks to the daemon over its control socket, in HTTP/1.0 without a library: loading one would take longer than all the
// rest of a short command. Even node:net is loaded with the first request, because `karo check` has none.
// A daemon that hangs is told from one that works for long.
import type { Socket } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { KaroError } from '../../../base/errors.ts'
import { getHealth } from '../operations/status.ts'
import { type Client, createClient, type Head, type Transport, type WireRequest } from './client.ts'
import { explain, tooLate } from './explain.ts'

/** Silence after which the daemon is probed; nearly every answer takes less than a tenth of it. */
const SILENCE_MS = 2_000
/** Time for the answer to the probe, one turn of the daemon's event loop, on a machine that is not overloaded. */
const PROBE_MS = 3_000
/** On a machine with more work than processors that turn comes later: at most this many times later is waited for. */
const MOST_CROWDED = 4

/** How many tasks want each processor, on the average of the last minute; 1 where each has one for itself. */
const crowding = (): number =>
  Math.min(MOST_CROWDED, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()))

const PROBE = `${getHealth.method} ${getHealth.path} HTTP/1.0\r\n\r\n`

/**
 * After two seconds without an answer, asks the daemon on another connection whether it is alive. Calls `giveUp` if that
 * has no answer within three seconds, or within up to twelve on an overloaded machine. The caller calls the returned function as soon as something was received. If
 * `deadlineMs`, the deadline of the command, is shorter than both times together, nothing is watched.
 */
function watchSilence(
  socketPath: string,
  giveUp: (error: KaroError) => void,
  deadlineMs = Number.POSITIVE_INFINITY,
): () => void {
  const probeMs = Math.round((PROBE_MS * crowding()) / 1_000) * 1_000
  if (deadlineMs <= SILENCE_MS + probeMs) return () => {}
  let probe: Socket | undefined
  const hangs = (): void => giveUp(tooLate(SILENCE_MS + probeMs, socketPath))
  const end = (): void => {
    clearTimeout(timer)
    probe?.destroy()
  }
  let timer = setTimeout(() => {
    timer = setTimeout(hangs, probeMs)
    probe = process.getBuiltinModule('node:net').createConnection({ path: socketPath })
    probe.on('connect', () => probe?.write(PROBE))
    probe.on('data', end)
    // Only a full queue of connections means that the daemon hangs. If it is gone, the command's own connection tells so.
    probe.on('error', (error: NodeJS.ErrnoException) => {
      end()
      if (error.code === 'EAGAIN') hangs()
    })
  }, SILENCE_MS)
  return end
}

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
export const overSocket = (daemon: DaemonAddress): Transport =>
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
