// The listener on 127.0.0.1 and ::1, with its limits on connections, time, and the size of requests; it ends service workers that other programs left.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { jsonText } from '../../base/printable.ts'
import type { Log } from '../../base/run/log.ts'
import type { HealthCheck } from '../../base/run/room.ts'
import { checkWhileOpen } from '../server/checks-while-open.ts'
import { DRAIN_MS } from '../server/control-socket.ts'
import { describeError } from '../server/errors.ts'
import { authority, HOST, judgeHead, LOCAL_NAMES, type Refusal } from './guard.ts'
import { createFairShare } from './places.ts'
import { createVouched } from './vouched.ts'

/** A service worker that replaces the present one, ends itself, and reloads its pages from the daemon. */
const SCRIPT = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil((async () => {
  await registration.unregister()
  for (const page of await clients.matchAll({ type: 'window' })) page.navigate(page.url)
})()))
`

/** True if a browser asks for the script of a service worker, at whatever path it was registered. */
const asksForWorker = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers['service-worker'] === 'script'

/** Answers with the worker that ends itself. A refusal would leave the foreign worker in the browser. */
function endWorker(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': Buffer.byteLength(SCRIPT),
    'cache-control': 'no-store',
  })
  response.end(SCRIPT)
}

/** What `localhost` may be besides 127.0.0.1. Only this machine can connect to either. */
const HOST_6 = '::1'
/**
 * Most bytes of the request line and all headers together; for more the answer is 431. A browser sends the cookies of all
 * programs at localhost, whatever their port, and those of a few of them are more than Node's usual 16 KiB.
 */
const HEAD_BYTES_MAX = 64 * 1024
/** Headers have to arrive within this time, so that a slow client cannot hold a connection (slow-loris). */
const HEAD_MS = 5_000
/** Headers and body have to arrive within this time. */
const REQUEST_MS = 10_000
/** How often Node checks the two times above, while anybody is connected. */
const CHECK_MS = 1_000
/** How long an idle connection is kept between two requests. */
const KEEP_ALIVE_MS = 5_000
/** A connection ends after this time without a byte either way; event streams and queries are never silent as long. */
const IDLE_MS = 90_000
const CONNECTIONS_MAX = 64
/** Errors of a machine without IPv6. */
const NO_IPV6: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/** Headers of every answer; a route may set another value. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

export interface TcpOptions {
  /** The TCP port; 0 takes any free one. */
  readonly port: number
  /** Called for requests that `judgeHead` lets pass. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  readonly onRefused: (reason: Refusal) => void
  readonly log: Log
  readonly timers: Timers
}

export interface Address {
  readonly host: string
  readonly port: number
}

export type TcpListener = ReturnType<typeof createTcpListener>

/** `start` throws KaroError `unavailable` if it cannot listen on the port. */
export function createTcpListener(options: TcpOptions) {
  const { handle, onRefused, log, timers } = options
  /** On 127.0.0.1, and with the same port on ::1 if that is available. */
  let servers: readonly Server[] = []
  let bound: number | undefined
  let names: readonly string[]
  const accepted = new WeakSet<Socket>()
  /** Open connections without a valid credential, oldest first. */
  const strangers = new Set<Socket>()
  /** Connections on which a request was refused; node:http still hands on requests that were sent behind it. */
  const finished = new WeakSet<Socket>()
  const vouched = createVouched({ timers })
  /** Connections with a valid credential, counted for each person as on the control socket. */
  const shares = createFairShare()

  function accept(socket: Socket): void {
    if (strangers.size + vouched.size >= CONNECTIONS_MAX) {
      // Connections without a credential must not keep out callers who have one.
      const oldest = strangers.values().next().value
      if (oldest === undefined) {
        socket.destroy()
        return
      }
      strangers.delete(oldest)
      oldest.destroy()
    }
    accepted.add(socket)
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (finished.has(request.socket)) return
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const { method = '', url = '', rawHeaders } = request
    const refused = judgeHead({ method, url, rawHeaders }, bound ?? 0, names)
    if (refused === undefined) {
      if (asksForWorker(request)) endWorker(response)
      else handle(request, response)
      return
    }
    finished.add(request.socket)
    onRefused(refused.reason)
    const { status, body, headers } = describeError(refused.error)
    const text = jsonText(body)
    // The connection is closed, because more requests on it may be meant for another server.
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    })
    response.end(text)
  }

  function open(): Server {
    const opened = createServer(
      {
        maxHeaderSize: HEAD_BYTES_MAX,
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: CHECK_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        insecureHTTPParser: false,
      },
      answer,
    )
    checkWhileOpen(opened)
    opened.setTimeout(IDLE_MS)
    opened.on('connection', accept)
    return opened
  }

  async function listenOn(host: string, port: number): Promise<number> {
    const opened = open()
    await listening(opened, host, port)
    opened.on('error', (error) => log.warn({ reason: error.message }, 'the listener of the API failed'))
    servers = [...servers, opened]
    return (opened.address() as { port: number }).port
  }

  /** Takes the port on ::1 as well, so that nobody else gets what a browser sends to `localhost`. */
  async function listenOn6(port: number): Promise<void> {
    try {
      await listenOn(HOST_6, port)
    } catch (error) {
      const { code = '' } = (error as KaroError).cause as NodeJS.ErrnoException
      // Without IPv6 no other program can have it either.
      if (!NO_IPV6.has(code))
        return log.warn(
          { reason: code },
          `the API is not reached as localhost: another program has ::1, port ${port}`,
        )
    }
    names = LOCAL_NAMES
  }

  return {
    name: 'http',
    async start(signal: AbortSignal) {
      signal.throwIfAborted()
      names = [HOST]
      bound = await listenOn(HOST, options.port)
      await listenOn6(bound)
    },
    async stop() {
      const closing = servers
      servers = []
      vouched.stop()
      await Promise.all(closing.map(close))
      bound = undefined
    },
    health(): readonly HealthCheck[] {
      const detail = bound === undefined ? 'the API does not listen' : `the API listens on ${HOST}:${bound}`
      return [{ name: 'http.listening', ok: bound !== undefined, detail }]
    },
    /** Where it listens; null while it does not. */
    address: (): Address | null => (bound === undefined ? null : { host: HOST, port: bound }),
    /**
     * Origin of the page, `http://localhost:9237`; null while it does not listen. It names 127.0.0.1 where another program
     * has the port on ::1, because a browser may take `localhost` for that.
     */
    origin: () => (bound === undefined ? null : `http://${authority(bound, names[1] ?? HOST)}`),
    /** True for connections that were accepted here. */
    owns: (socket: Socket) => accepted.has(socket),
    /**
     * Notes that the request which `response` answers has a valid credential of `uid`. The connection is then not closed to
     * make room for new ones, and it ends (streams too) when `stillGood` returns false. Returns false if the person has too
     * many connections: this one may then be closed to make room, and the request must not be answered.
     */
    vouch(uid: number, socket: Socket, response: ServerResponse, stillGood: () => Promise<boolean>) {
      // The connection closed while its credential was checked, so nobody waits for the answer.
      if (!strangers.has(socket) && !vouched.has(socket)) return true
      if (strangers.has(socket) && !shares.take(uid, socket)) return false
      strangers.delete(socket)
      vouched.vouch(socket, response, stillGood)
      return true
    },
    /** Ends every connection whose credential is not valid any more, or whose owner lost a right; runs every 10 s too. */
    sweep: vouched.sweep,
  }
}

/** `127.0.0.1:9237`, as in a URL. */
export const hostAndPort = (address: Address | null): string | null =>
  address === null ? null : `${address.host}:${address.port}`

async function listening(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port, exclusive: true, ipv6Only: host === HOST_6 })
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw explain(error, port)
  })
}

/** Ends the server: requests that are under way have a short time left. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(cut)
}

function explain(error: NodeJS.ErrnoException, port: number): KaroError {
  const taken = error.code === 'EADDRINUSE'
  const what = taken
    ? `another program or node listens on ${HOST}:${port}`
    : `the API cannot listen on ${HOST}:${port} (${error.code ?? error.message})`
  return new KaroError('unavailable', what, {
    hint: `${taken ? `Stop it (sudo ss -ltnp 'sport = :${port}' names it), or give` : 'Give'} this node another http.port, or 0.`,
    cause: error,
  })
}
