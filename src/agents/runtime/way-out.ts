// The one way out of a jail: a proxy for HTTP and SOCKS5 in the daemon, which connects to the places of the agent's manifest and to nothing else.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type Duplex, pipeline, type Readable } from 'node:stream'
import type { Timers } from '../../base/clock.ts'
import { networkPlace } from '../../base/words/network-place.ts'

/** Bytes of the head of a request or an answer. */
const HEAD_BYTES = 16 * 1024
/** Milliseconds for the head of a request, and for a connection to be there. */
const HEAD_MS = 10_000
const CONNECT_MS = 10_000
/** What a connection costs of the bytes that there may be, so that there is an end of them, too. */
const CONNECTION_BYTES = 1_024
/** Requests after the first one that come before its answer; with more the connection is closed. */
const MOST_IGNORED = 8
/** Milliseconds that a connection may be silent. */
const SILENT_MS = 300_000
/** Headers that are of one connection and not of the request. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...['connection', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'keep-alive', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'host'],
])

export interface WayOutDeps {
  /** Why nothing is connected to this, in words for people; undefined where it may be. It is in the form of `networkPlace`, or no place. */
  readonly refusal: (asked: string) => string | undefined
  /** The address to connect to, looked up and judged once for each connection. Rejects with an Error whose message is for people. */
  readonly addressOf: (host: string) => Promise<string>
  /** Of all connections together, in both directions. */
  readonly mostBytes: number
  readonly timers: Timers
  /** Hears of each connection, and of each that was refused; `place`: undefined for one that is none of the places. */
  readonly told: (what: { readonly place: string | undefined; readonly refused?: string }) => void
}

/** The end of a connection that a jail has made. */
interface JailEnd {
  readonly stream: Duplex
  /** Aborted when it is closed. */
  readonly gone: AbortSignal
  /** A request has come: it is not late any more. */
  readonly late: () => void
  requests: number
}

/** Refused here, and not by the place. */
class Closed extends Error {}

/** For an agent that may connect to these places alone. */
export const onlyTo =
  (places: readonly string[]): WayOutDeps['refusal'] =>
  (asked) =>
    places.includes(asked)
      ? undefined
      : `this agent may connect to ${places.join(', ')} and to nothing else, and asks for ${asked.slice(0, 100)}`

/** Returns what takes each connection that a jail makes; a connection asks for one place, once. */
export function createWayOut({
  refusal,
  addressOf,
  mostBytes,
  timers,
  told,
}: WayOutDeps): (stream: Duplex) => void {
  const jailEnds = new WeakMap<object, JailEnd>()
  let bytes = 0

  const counted = (...streams: readonly Readable[]): void => {
    for (const stream of streams)
      stream.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > mostBytes) for (const one of streams) one.destroy()
      })
  }

  /** Counts the head of a request; undefined: the connection has asked before, and hears nothing of this one. */
  function heard({ socket: stream, url = '', rawHeaders }: IncomingMessage): JailEnd | undefined {
    const end = jailEnds.get(stream)
    end?.late()
    // Of one connection one request is taken, so that no other one is sent to the same place under another name.
    if (end === undefined || end.requests++ > 0) {
      if (end === undefined || end.requests > MOST_IGNORED) stream.destroy()
      return undefined
    }
    bytes += CONNECTION_BYTES + url.length + rawHeaders.reduce((sum, text) => sum + text.length, 0)
    return end
  }

  /** Rejects with Closed, or with what went wrong on the way. What it resolves with is closed with the jail's end. */
  async function reach(asked: string | undefined, { stream, gone }: JailEnd): Promise<Socket> {
    const found = networkPlace(asked ?? '')
    const why = refusal(asked ?? '')
    const place = why === undefined && found !== undefined ? asked : undefined
    const refuse = (refused: string): Closed => {
      told({ place, refused })
      return new Closed(refused)
    }
    if (place === undefined || found === undefined) throw refuse(why ?? 'this is no HOST:PORT')
    if (bytes > mostBytes) throw refuse('it has sent and received as much as it may')
    const host = await addressOf(found.name).catch((error: Error) => {
      throw refuse(error.message)
    })
    // A jail that has gone meanwhile, or lost its right, is the reason for no connection.
    gone.throwIfAborted()
    const socket = connect({ host, port: found.port, allowHalfOpen: true, autoSelectFamily: false })
    stream.once('close', () => socket.destroy())
    try {
      await once(socket, 'connect', { signal: AbortSignal.any([gone, AbortSignal.timeout(CONNECT_MS)]) })
    } catch (error) {
      socket.destroy()
      throw new Error(`${place} does not answer: ${(error as Error).message}`)
    }
    socket.on('error', () => {})
    socket.setTimeout(SILENT_MS, () => socket.destroy())
    told({ place })
    return socket
  }

  const server = createServer({ maxHeaderSize: HEAD_BYTES, keepAlive: false })

  const leave = (stream: Duplex, status: string, words = ''): void =>
    end(stream, `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${words}`)

  /** Says this, and no more is read. */
  function end(stream: Duplex, last: string | Buffer): void {
    stream.end(last)
    stream.resume()
    stream.once(
      'close',
      timers.after(HEAD_MS, () => stream.destroy()),
    )
  }

  server.on('clientError', (error: NodeJS.ErrnoException, stream) =>
    leave(
      stream,
      error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request',
    ),
  )
  server.on('connect', (asked: IncomingMessage, stream: Duplex, head: Buffer) => {
    const end = heard(asked)
    if (end === undefined) return
    bytes += head.length
    reach(asked.url?.toLowerCase(), end)
      .then((socket) => {
        stream.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.write(head)
        counted(stream, socket)
        join(stream, socket)
      })
      .catch((error: Error) => {
        leave(stream, error instanceof Closed ? '403 Forbidden' : '502 Bad Gateway', `${error.message}\n`)
      })
  })
  server.on('request', (asked, answer) => {
    const end = heard(asked)
    if (end === undefined) return
    answer.shouldKeepAlive = false
    const [, authority = '', path = ''] = /^http:\/\/([^/?#@]+)([/?][^#]*)?$/i.exec(asked.url ?? '') ?? []
    const host = authority.toLowerCase()
    const place = authority === '' ? asked.url : /:\d+$/.test(host) ? host : `${host}:80`
    reach(place, end)
      .then((socket) => {
        counted(asked, socket)
        forward({ asked, answer, socket, host, path: path.startsWith('/') ? path : `/${path}` })
      })
      .catch((error: Error) => refuse(answer, error))
  })
  /** The same places for programs that know SOCKS5 alone. */
  async function socks(jailEnd: JailEnd): Promise<void> {
    const { stream } = jailEnd
    const asked = await askedBySocks(jailEnd)
    jailEnd.late()
    bytes += CONNECTION_BYTES
    if (typeof asked !== 'string') return end(stream, asked)
    await reach(asked, jailEnd)
      .then((socket) => {
        stream.write(socksAnswer(0))
        counted(stream, socket)
        join(stream, socket)
      })
      .catch((error: Error) => end(stream, socksAnswer(error instanceof Closed ? 2 : 4)))
  }

  return (stream) => {
    stream.on('error', () => {})
    const late = timers.after(HEAD_MS, () => stream.destroy())
    const gone = new AbortController()
    const jailEnd: JailEnd = { stream, late, gone: gone.signal, requests: 0 }
    jailEnds.set(stream, jailEnd)
    stream.once('close', () => {
      late()
      gone.abort(new Error('the jail closed the connection'))
    })
    stream.once('readable', () => {
      const first: Buffer | null = stream.read(1)
      if (first !== null) stream.unshift(first)
      if (first?.[0] === 5) socks(jailEnd).catch(() => stream.destroy())
      else server.emit('connection', stream)
    })
  }
}

/** The place that is asked for by SOCKS5 (RFC 1928), without names and passwords and by CONNECT alone; or the last answer. */
async function askedBySocks({ stream, gone }: JailEnd): Promise<string | Buffer> {
  const take = async (size: number): Promise<Buffer> => {
    for (;;) {
      const found: Buffer | null = stream.read(size)
      if (found?.length === size) return found
      if (found !== null || size === 0) throw new Error('this is no SOCKS5')
      await once(stream, 'readable', { signal: gone })
    }
  }
  const [, methods = 0] = await take(2)
  if (!(await take(methods)).includes(0)) return Buffer.of(5, 255)
  stream.write(Buffer.of(5, 0))
  const [, command, , form] = await take(4)
  const host = await {
    1: async () => (await take(4)).join('.'),
    3: async () => (await take((await take(1))[0]!)).toString('latin1').toLowerCase(),
    4: async () => new URL(`http://[${(await take(16)).toString('hex').match(/.{4}/g)!.join(':')}]`).hostname,
  }[form as 1 | 3 | 4]?.()
  if (host === undefined) return socksAnswer(8)
  const port = (await take(2)).readUInt16BE()
  return command === 1 ? `${host}:${port}` : socksAnswer(7)
}

/** With no address of ours, which nobody needs. */
const socksAnswer = (code: number): Buffer => Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0)

function refuse(answer: ServerResponse, error: Error): void {
  if (answer.headersSent) return void answer.destroy()
  answer.writeHead(error instanceof Closed ? 403 : 502, { 'content-type': 'text/plain' })
  answer.end(`${error.message}\n`)
}

interface Forwarded {
  readonly asked: IncomingMessage
  readonly answer: ServerResponse
  /** To the place, and used for this request alone. */
  readonly socket: Socket
  readonly host: string
  readonly path: string
}

/** What each says goes to the other; where one is over before it has said its end, so is the other. */
function join(stream: Duplex, socket: Socket): void {
  // It may have said all that it has to say together with its request.
  if (stream.readableEnded) socket.end()
  else stream.pipe(socket)
  socket.pipe(stream)
  socket.once('close', () => {
    if (!socket.readableEnded) stream.destroy()
  })
}

/** The host is that of the place, whatever the request says of itself; a redirect is the client's to follow, by asking again. */
function forward({ asked, answer, socket, host, path }: Forwarded): void {
  const sent = request({
    method: asked.method ?? 'GET',
    path,
    setHost: false,
    maxHeaderSize: HEAD_BYTES,
    headers: {
      ...endToEnd(asked),
      host,
      connection: 'close',
      // A body whose end is not said would be read as another request.
      ...(asked.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    },
    createConnection: () => socket,
  })
  sent.on('response', (told) => {
    try {
      answer.writeHead(told.statusCode ?? 502, endToEnd(told))
    } catch {
      // A status such as 099, which no answer may have.
      told.destroy()
      return refuse(answer, new Error(`${host} does not answer in HTTP`))
    }
    pipeline(told, answer, () => {})
  })
  sent.on('error', (error) => refuse(answer, error))
  answer.on('close', () => socket.destroy())
  pipeline(asked, sent, () => {})
}

/** The headers that go on to the other end. */
function endToEnd({ headersDistinct, headers }: IncomingMessage): Record<string, string[]> {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/)
  // The length of a body goes with it, whatever is said of that header.
  const isPassed = (name: string): boolean =>
    name === 'content-length' || !(OF_CONNECTION.has(name) || named.includes(name))
  return Object.fromEntries(
    Object.entries(headersDistinct).filter(
      (entry): entry is [string, string[]] => isPassed(entry[0]) && entry[1] !== undefined,
    ),
  )
}
