// HTTP to one server of this machine, for the official MCP client: one address, no proxy, no redirect, and bounded answers.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Bytes of the head of an answer. */
const HEAD_BYTES = 16 * 1024
/** Answers that have no body. */
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304])

export interface LoopbackFetchDeps {
  readonly endpoint: URL
  /** The value of the header Authorization; undefined: none. */
  readonly authorization: () => string | undefined
  /** The uids of those who listen there, and of whoever accepted the connection from port `from`. */
  readonly owners: (endpoint: URL, from: number) => Promise<readonly number[]>
  /** Bytes of one answer as JSON, and of one event of a stream. */
  readonly mostBytes: number
  /** Hears of each piece of an answer, and throws where it is more than there may be. */
  readonly onBytes: (bytes: number) => void
  /** `true` when a request begins; throws where too many are open. `false` when one has ended. */
  readonly onOpen: (isOpen: boolean) => void
  /** One answer, or one event, is longer than it may be; what is thrown then ends the reading. */
  readonly tooLong: () => Error
}

/** Rejects with an Error whose message is for people. */
export function createLoopbackFetch(deps: LoopbackFetchDeps) {
  const { endpoint, authorization, owners, onOpen } = deps
  return async (asked: string | URL, init: RequestInit = {}): Promise<Response> => {
    if (new URL(asked).href !== endpoint.href) throw new Error('it may be asked at its own address alone')
    const headers = new Headers(init.headers)
    const secret = authorization()
    if (secret !== undefined) headers.set('authorization', secret)
    onOpen(true)
    const ended = (): void => onOpen(false)
    const answer = await answerOf(endpoint, headers, init, owners).catch((error: unknown) => {
      ended()
      throw error
    })
    answer.on('close', ended)
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
    const body = isEmpty ? null : ReadableStream.from(bounded(answer, hasEvents, deps))
    return new Response(body, { status, statusText: answer.statusMessage ?? '', headers: told })
  }
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
  owners: LoopbackFetchDeps['owners'],
): Promise<Socket> {
  const socket = connect({ ...where, ...(signal && { signal }) })
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

/** The head of the answer. */
async function answerOf(
  endpoint: URL,
  headers: Headers,
  { method, body, signal }: RequestInit,
  owners: LoopbackFetchDeps['owners'],
): Promise<IncomingMessage> {
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
    ...(signal && { signal }),
  })
  sent.on('response', resolve)
  sent.on('error', (error) =>
    reject(new Error(`the connection to ${endpoint.host} failed: ${error.message}`, { cause: error })),
  )
  sent.on('close', () => reject(new Error(`${endpoint.host} closed the connection without an answer`)))
  sent.end(typeof body === 'string' ? body : undefined)
  return promise
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The body, as long as neither it nor one event of it is longer than it may be. An event ends with an empty line. */
async function* bounded(
  answer: IncomingMessage,
  hasEvents: boolean,
  { mostBytes, onBytes, tooLong }: LoopbackFetchDeps,
): AsyncGenerator<Uint8Array, void> {
  let length = 0
  let isLineEmpty = false
  for await (const piece of answer as AsyncIterable<Buffer>) {
    onBytes(piece.length)
    if (!hasEvents) length += piece.length
    else
      for (const byte of piece) {
        length += 1
        if (byte === CARRIAGE_RETURN) continue
        if (byte === LINE_FEED && isLineEmpty) length = 0
        isLineEmpty = byte === LINE_FEED
      }
    if (length > mostBytes) throw tooLong()
    yield piece
  }
}
