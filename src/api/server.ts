// The API server on the control socket: who may connect, how much, how long, and how errors are told.
import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, mkdtemp, rename, rm, unlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Room } from '../base/room.ts'
import { callDaemon } from './client.ts'
import { describeError } from './errors.ts'
import type { Access, Caller, Routes } from './route.ts'

/** The largest request is a list of consents: far below this. */
const MAX_BODY_BYTES = 256 * 1024
/** Headers and body must have arrived by then (slow-loris). */
const REQUEST_MS = 10_000
/** An idle connection ends; above the longest query (60 s), which is silent until its answer. */
const IDLE_MS = 90_000
const MAX_CONNECTIONS = 64
/** Requests under way when the daemon stops may still finish for this long. */
const DRAIN_MS = 500
/** A daemon that accepts but is stuck is still a live one; its pid is then left out. */
const ASK_PID_MS = 1_000
const TRACE_ID = /^[0-9a-f]{32}$/

export interface ApiOptions {
  /** Absolute path, its length checked by the configuration; its directory is created 0700 when missing. */
  readonly socketPath: string
  /** Default 0600. */
  readonly socketMode?: number
  readonly routes: readonly Routes[]
  /** Who is behind a request; undefined for nobody known. */
  readonly callerOf: (request: FastifyRequest) => Caller | undefined
  readonly clock: Clock
  readonly log: Log
}

/**
 * `start` listens on the socket, replacing one that nobody answers on; throws `conflict` when a
 * daemon answers there, `bad_file` when it cannot be made.
 */
export function createApi(options: ApiOptions): Room {
  let server: FastifyInstance | undefined
  let inode: number | undefined

  return {
    name: 'api',
    async start(signal) {
      await refuseLive(options.socketPath)
      signal.throwIfAborted()
      server = buildServer(options)
      try {
        await server.ready()
        inode = await listen(server, options.socketPath, options.socketMode ?? 0o600)
      } catch (error) {
        await server.close()
        server = undefined
        throw error
      }
    },
    async stop() {
      if (server === undefined) return
      const closing = server
      server = undefined
      const cut = setTimeout(() => closing.server.closeAllConnections(), DRAIN_MS)
      await closing.close()
      clearTimeout(cut)
      await unlinkOwn(options.socketPath, inode)
    },
  }
}

/** The server without a socket, as tests use it with `inject`. */
export function buildServer(options: Omit<ApiOptions, 'socketPath' | 'socketMode'>): FastifyInstance {
  const { clock, log } = options
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: 5_000,
    connectionTimeout: IDLE_MS,
    forceCloseConnections: 'idle',
    http: { connectionsCheckingInterval: 2_000 },
    genReqId: (request) => traceIdOf(request.headers['x-trace-id']),
    // An unknown field is the caller's mistake, not something to drop silently.
    ajv: {
      customOptions: {
        removeAdditional: false,
        allErrors: false,
        coerceTypes: 'array',
        // The schemas are constants of this program; to compile the schema of schemas takes longer than all of them.
        validateSchema: false,
      },
    },
    routerOptions: { maxParamLength: 256 },
  })
  server.server.maxConnections = MAX_CONNECTIONS
  // Out of descriptors, an accept fails: one caller is lost, and the daemon is not.
  server.server.on('error', (error) => log.warn({ reason: error.message }, 'the control socket failed'))

  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-trace-id', request.id)
    reply.header('cache-control', 'no-store')
    done()
  })
  // Default deny: a route that does not say who may use it is a mistake of ours, found at the start.
  server.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined) throw new Error(`${url} does not say who may use it`)
  })
  server.decorateRequest('caller')
  server.addHook('onRequest', async (request) => {
    const caller = options.callerOf(request)
    if (caller !== undefined) request.caller = caller
    const { access } = request.routeOptions.config
    if (access !== undefined) MAY_USE[access](caller)
  })
  const started = new WeakMap<object, number>()
  server.addHook('onRequest', (request, _reply, done) => {
    started.set(request, clock.monotonic())
    done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    log.debug(
      {
        trace_id: request.id,
        method: request.method,
        // The route's pattern, never the path: its parameters may hold what a person typed.
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        elapsed_ms: Math.round(clock.monotonic() - (started.get(request) ?? clock.monotonic())),
      },
      'request',
    )
    done()
  })
  server.setErrorHandler((error, request, reply) => {
    const { status, body, unexpected } = describeError(error)
    if (unexpected) {
      log.error({ trace_id: request.id, error: stackOf(error) }, 'request failed unexpectedly')
    }
    reply.code(status).send(body)
  })
  server.setNotFoundHandler((request) => {
    throw new KaroError('not_found', `there is no ${request.method} ${request.url.split('?', 1)[0]}`)
  })
  for (const routes of options.routes) server.register(async (scope) => routes(scope))
  return server
}

/** Throws KaroError `unauthorized` for nobody known, `refused` for somebody who may not. */
const MAY_USE: Readonly<Record<Access, (caller: Caller | undefined) => void>> = {
  anyone() {},
  person: known,
  asker(caller) {
    if (known(caller).asks) return
    throw new KaroError('refused', 'you may not ask the mesh in the name of this machine', {
      hint: 'An administrator can allow it in access.askers.',
    })
  },
  admin(caller) {
    if (known(caller).admin) return
    throw new KaroError('refused', 'only an administrator of this node may do that', {
      hint: 'Run it as root, or have an administrator add you to access.admins.',
    })
  },
}

function known(caller: Caller | undefined): Caller {
  if (caller !== undefined) return caller
  throw new KaroError('unauthorized', 'nobody known is asking')
}

/**
 * Binds in a directory only we can enter, sets the mode there, then moves the socket to its place: at no
 * moment, whatever the umask, can anybody else connect. The move also replaces a dead daemon's socket.
 */
async function listen(server: FastifyInstance, path: string, mode: number): Promise<number> {
  const directory = dirname(path)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // Not join(): it would drop the dot.
    const hidden = await mkdtemp(`${directory}/.`)
    try {
      const bound = join(hidden, 's')
      await listening(server.server, bound)
      await chmod(bound, mode)
      const { ino } = await lstat(bound)
      await rename(bound, path)
      return ino
    } finally {
      await rm(hidden, { recursive: true, force: true })
    }
  } catch (error) {
    throw new KaroError('bad_file', `the control socket cannot be made: ${(error as Error).message}`, {
      where: path,
      hint: 'Make the directory writable for this user, or choose another home with --home.',
      cause: error,
    })
  }
}

function listening(server: FastifyInstance['server'], path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** A socket file is no proof of a daemon: only an accepted connection is. */
async function refuseLive(path: string): Promise<void> {
  if (!(await accepts(path))) return
  const pid = await askPid(path)
  const who = pid === undefined ? 'another process' : `karo with pid ${pid}`
  throw new KaroError('conflict', `${who} already answers on this socket`, {
    where: path,
    hint: `${pid === undefined ? 'Stop it first' : `Stop it first (kill ${pid})`}, or choose another home with --home.`,
  })
}

async function askPid(path: string): Promise<number | undefined> {
  try {
    const health = await callDaemon({ socket: path }, 'GET', '/api/v1/health', undefined, ASK_PID_MS)
    return (health as { pid?: number } | undefined)?.pid
  } catch {
    return undefined
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function unlinkOwn(path: string, inode: number | undefined): Promise<void> {
  try {
    if ((await lstat(path)).ino === inode) await unlink(path)
  } catch {
    // Already gone.
  }
}

function traceIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && TRACE_ID.test(header) ? header : randomBytes(16).toString('hex')
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
