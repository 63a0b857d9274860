// MCP over HTTP to a server of this machine that Karo did not start, within the bounds of a jail's output, by the official client: one
// address, no proxy, no redirect, and bounded answers.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { JSONRPCMessage, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Timers } from '../../base/clock.ts'
import { createQuota, type Rate } from '../../base/quota.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { MuscleClient } from '../muscle/client.ts'
import { type AgentTransport, createTraffic, ENDED, MESSAGE_BYTES } from './transport.ts'

/** Milliseconds in which it has to take a message that has no answer. */
const TAKEN_MS = 10_000
/** Milliseconds before a stream that was closed is opened again, three times; the server may ask for others between these. */
const REOPEN = { first: 100, growth: 7, most: 5_000, times: 3 }
/** Streams that are opened again, so that a server that closes each at once costs nothing. */
const REOPENED: Rate = { frames: 30, perMs: 60_000 }

/** Requests whose answers have not ended, as each has a connection of its own. */
const MOST_OPEN = 64
/** Bytes of the head of an answer. */
const HEAD_BYTES = 16 * 1024
/** Answers that have no body. */
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304])

/** It differs from the options of the interface by `undefined` alone. */
type Sending = Parameters<StreamableHTTPClientTransport['send']>[1]

export interface HttpTransportDeps {
  readonly endpoint: URL
  readonly limits: Pick<Manifest['limits'], 'wall_ms' | 'output_bytes'>
  /** The bearer token; wiped when the session has ended. */
  readonly token: Uint8Array | undefined
  /** The uids of those who listen there, and of whoever accepted the connection from port `from`. */
  readonly owners: (endpoint: URL, from: number) => Promise<readonly number[]>
  /** Nothing acts while it is lost, also what runs outside of its jails. */
  readonly muscle: Pick<MuscleClient, 'closed'>
  /** Of the official client, which is loaded on demand. */
  readonly Transport: typeof StreamableHTTPClientTransport
  readonly timers: Timers
  /** Monotonic milliseconds. */
  readonly now: () => number
}

export function createHttpTransport(deps: HttpTransportDeps): AgentTransport {
  const { endpoint, limits, token, muscle, Transport, timers, now } = deps
  const over = Promise.withResolvers<string>()
  const traffic = createTraffic(now)
  const reopened = createQuota(REOPENED)
  let reason: string | undefined
  let isOver = false
  let bytesRead = 0
  let open = 0
  /** One for each request that waits for its answer. Aborting it closes its stream, which a server may leave open behind the answer. */
  const streams = new Map<string | number, AbortController>()
  /** The sending of each message that has no answer, until the server has taken it. */
  const taking = new Set<Promise<void>>()

  const kill = (why: string): Error => {
    reason ??= why
    if (isOver) return new Error(reason)
    isOver = true
    stopTimer()
    forget()
    token?.fill(0)
    // Whatever is under way is aborted by it.
    void http.close()
    over.resolve(reason)
    transport.onclose?.()
    return new Error(reason)
  }
  const stopTimer = timers.after(limits.wall_ms, () => kill('it ran as long as it may'))
  const forget = whenLost(muscle, () => kill('karo-exec was lost, without which nothing acts'))

  /** A piece of an answer has come, of which one message has `ofOne` bytes so far. Throws where it is more than there may be. */
  const count = (bytes: number, ofOne: number): void => {
    bytesRead += bytes
    if (bytesRead > limits.output_bytes) throw kill('it wrote more than it may')
    if (ofOne > MESSAGE_BYTES) throw kill(`it sent a message of more than ${MESSAGE_BYTES / 1024 / 1024} MiB`)
  }

  const http = new Transport(endpoint, {
    redirectPolicy: 'follow',
    async fetch(asked, init = {}) {
      if (new URL(asked).href !== endpoint.href) throw new Error('it may be asked at its own address alone')
      if (++open > MOST_OPEN) throw kill(`it left more than ${MOST_OPEN} requests open`)
      const ended = (): void => {
        open -= 1
      }
      const answer = await answerOf(deps, init).catch((error: unknown) => {
        ended()
        throw error
      })
      answer.on('close', ended)
      return responseOf(answer, init, count)
    },
    reconnectionOptions: {
      initialReconnectionDelay: REOPEN.first,
      reconnectionDelayGrowFactor: REOPEN.growth,
      maxReconnectionDelay: REOPEN.most,
      maxRetries: REOPEN.times,
    },
    reconnectionScheduler(reopen, ms) {
      if (!reopened.take(now())) return void kill('it closed its streams too often')
      return timers.after(Math.min(REOPEN.most, Math.max(REOPEN.first, ms)), reopen)
    },
  })
  http.onmessage = (message: JSONRPCMessage) => {
    if (isOver) return
    if (!traffic.take(message)) return void kill('it sent more messages than an agent may')
    transport.onmessage?.(message)
    if (!('method' in message) && message.id !== undefined) {
      streams.get(message.id)?.abort()
      streams.delete(message.id)
    }
  }
  http.onerror = (error) => {
    if (error instanceof SyntaxError || error.name.endsWith('ZodError'))
      kill('it sent something that is not a JSON-RPC message')
    else if (error.message.startsWith('Maximum reconnection'))
      kill('its connection was lost, and it could not be reached again')
  }

  const transport: AgentTransport = {
    over: over.promise,
    outlivesKill: true,
    hasPerRequestStream: true,
    answered: traffic.answered,
    ending: () => isOver,
    hangUp(why) {
      // Messages that are being sent, such as a cancellation, go out first. The server may keep the session, or not
      // answer at all; then the session is forgotten only here.
      void Promise.allSettled(taking)
        .then(() => http.terminateSession())
        .catch(() => {})
        .then(() => kill(why))
    },
    kill,
    setProtocolVersion: (version) => http.setProtocolVersion(version),
    start: () => http.start(),
    async send(message, options) {
      if (isOver) throw new Error(reason)
      const id = traffic.sent(message)
      const late =
        id === undefined
          ? timers.after(TAKEN_MS, () => kill(`it did not take a message within ${TAKEN_MS / 1000} s`))
          : undefined
      const answered = new AbortController()
      if (id !== undefined) streams.set(id, answered)
      const sent = http.send(message, {
        ...(options as Sending),
        requestSignal: AbortSignal.any([
          answered.signal,
          ...(options?.requestSignal ? [options.requestSignal] : []),
        ]),
        onRequestStreamEnd() {
          options?.onRequestStreamEnd?.()
          if (id !== undefined && traffic.waitsFor(id)) kill('it ended its answer before it was there')
        },
      })
      if (id === undefined) taking.add(sent)
      try {
        await sent
      } catch (error) {
        const { status } = error as { readonly status?: number }
        // Where there is no status, nobody was there; a server that was started anew knows no session of before.
        const isCancelled = options?.requestSignal?.aborted === true
        if ((status === undefined && !isCancelled) || (status === 404 && http.sessionId !== undefined))
          kill(status === 404 ? 'it no longer knows its session' : (error as Error).message)
        if (id !== undefined) {
          traffic.gaveUp(id)
          streams.delete(id)
        }
        throw error
      } finally {
        taking.delete(sent)
        late?.()
      }
    },
    async close() {
      kill(ENDED)
    },
  }
  return transport
}

/** Whether the client reads events of the answer one by one. All other answers it reads as a whole, whatever they say of themselves. */
function isStreamed({ method, body }: RequestInit): boolean {
  if (method === 'GET') return true
  const sent: unknown = typeof body === 'string' ? JSON.parse(body) : undefined
  return typeof sent === 'object' && sent !== null && 'method' in sent && 'id' in sent
}

/**
 * A connection of its own for each request, so that none is sent into one that ends just then. Resolves when it is one to root or to the
 * daemon's own user. Nothing was sent yet: any user of the machine can take a port that is free, also just before the connection.
 */
async function connected(
  endpoint: URL,
  where: { readonly host: string; readonly port: number },
  signal: AbortSignal | undefined,
  owners: HttpTransportDeps['owners'],
): Promise<Socket> {
  const socket = connect({ ...where, signal })
  // Whoever accepts it may end it while it is looked at: the request over it then fails.
  socket.on('error', () => {})
  try {
    await once(socket, 'connect')
    const uids = await owners(endpoint, socket.localPort ?? 0)
    const other = uids.find((uid) => uid !== 0 && uid !== process.getuid?.())
    if (uids.length === 0) throw new Error(`nobody listens at ${endpoint.host}`)
    if (other !== undefined)
      throw new Error(
        `another user of this machine (uid ${other}) listens at ${endpoint.host}, and is sent nothing: it has to be the daemon's own, or root`,
      )
    return socket
  } catch (error) {
    socket.destroy()
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED')
      throw new Error(`nobody listens at ${endpoint.host}`)
    throw error
  }
}

/** The head of the answer. Rejects with an Error whose message is for people. */
async function answerOf(
  { endpoint, token, owners }: HttpTransportDeps,
  init: RequestInit,
): Promise<IncomingMessage> {
  const { method, body, signal } = init
  const headers = new Headers(init.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${Buffer.from(token).toString('utf8')}`)
  const host = endpoint.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = endpoint.port === '' ? 80 : Number(endpoint.port)
  const socket = await connected(endpoint, { host, port }, signal ?? undefined, owners)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  // Without an agent, which would make a connection of its own.
  const sent = request({
    host,
    port,
    path: endpoint.pathname,
    method: method ?? 'GET',
    headers: Object.fromEntries(headers),
    maxHeaderSize: HEAD_BYTES,
    createConnection: () => socket,
    signal: signal ?? undefined,
  })
  sent.on('response', resolve)
  sent.on('error', (error) =>
    reject(new Error(`the connection to ${endpoint.host} failed: ${error.message}`, { cause: error })),
  )
  sent.on('close', () => reject(new Error(`${endpoint.host} closed the connection without an answer`)))
  sent.end(typeof body === 'string' ? body : undefined)
  return promise
}

function responseOf(answer: IncomingMessage, init: RequestInit, count: Count): Response {
  const status = answer.statusCode ?? 0
  if (status >= 300 && status < 400 && status !== 304) {
    answer.destroy()
    throw new Error(`it answers with a redirect (HTTP ${status}), which is not followed`)
  }
  const told = new Headers()
  for (const [name, values = []] of Object.entries(answer.headersDistinct))
    for (const value of values) told.append(name, value)
  const isEmpty = EMPTY.has(status)
  // What comes nevertheless is not waited for.
  if (isEmpty) answer.destroy()
  const essence = told.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  const hasEvents = status === 200 && essence === 'text/event-stream' && isStreamed(init)
  const body = isEmpty ? null : ReadableStream.from(bounded(answer, hasEvents, count))
  return new Response(body, { status, statusText: answer.statusMessage ?? '', headers: told })
}

type Count = (bytes: number, ofOne: number) => void
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The body, as long as neither it nor one event of it is longer than a message may be. An event ends with an empty line. */
async function* bounded(
  answer: IncomingMessage,
  hasEvents: boolean,
  count: Count,
): AsyncGenerator<Uint8Array, void> {
  let length = 0
  let isLineEmpty = false
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (!hasEvents) length += piece.length
    else
      for (const byte of piece) {
        length += 1
        if (byte === CARRIAGE_RETURN) continue
        if (byte === LINE_FEED && isLineEmpty) length = 0
        isLineEmpty = byte === LINE_FEED
      }
    count(piece.length, length)
    yield piece
  }
}

const lost = new WeakMap<Pick<MuscleClient, 'closed'>, Set<() => void>>()

/** Calls `run` when the Muscle is lost. One listener for each connection to it, as sessions come and go while it stays. */
function whenLost(muscle: Pick<MuscleClient, 'closed'>, run: () => void): () => void {
  let all = lost.get(muscle)
  if (all === undefined) {
    const each = new Set<() => void>()
    void muscle.closed.then(() => {
      for (const one of each) one()
    })
    lost.set(muscle, each)
    all = each
  }
  const mine = all.add(run)
  return () => void mine.delete(run)
}
