// Serves the API on the control socket, and refuses a socket on which another daemon listens.
import { once } from 'node:events'
import { chmod, lstat, mkdir, mkdtemp, rename, rm, unlink } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { listens } from '../../base/run/listens.ts'
import type { Room } from '../../base/run/room.ts'
import type { Rights } from '../../trust/access/index.ts'
import { createVouched, keepsRights } from '../access/vouched.ts'
import { daemonAt } from '../contract/client/socket.ts'
import { getHealth } from '../contract/operations/status.ts'
import { checkWhileOpen } from './checks-while-open.ts'
import type { Caller } from './route.ts'
import { buildServer, type ServerOptions } from './server.ts'

/** Everybody of a machine may connect. */
export const SOCKET_CONNECTIONS = 256
/** How long requests that are under way may still run when the daemon stops. */
export const DRAIN_MS = 500
/** How long to wait for the pid of another daemon; one that accepts but hangs counts as alive, and its pid is left out. */
const ASK_PID_MS = 1_000

export interface ApiOptions extends ServerOptions {
  /** Absolute path; the configuration has checked its length. A missing directory is created with mode 0700. */
  readonly socketPath: string
  /** Default 0600. */
  readonly socketMode?: number
  /** Called for each accepted connection, because some facts about it can only be read then. */
  readonly onConnection?: (socket: Socket) => void
  /** The rights that a person has now. A connection ends when its person lost a right since the request, streams too. */
  readonly rightsOf: (uid: number) => Promise<Rights>
  /** Whether the account is still the person that it was at the request. Default: always. */
  readonly isStillWho?: (caller: Caller) => Promise<boolean>
  readonly timers: Timers
}

export interface Api extends Room {
  /** Answers a request that came over TCP; `callerOf` tells both ways apart. Throws if the API has not started. */
  handle(request: IncomingMessage, response: ServerResponse): void
}

/**
 * `start` listens on the socket and replaces one on which nobody answers. It throws `conflict` if a daemon answers there,
 * `bad_file` if the socket cannot be made.
 */
export function createApi(options: ApiOptions): Api {
  const { socketPath, socketMode = 0o600, onConnection, rightsOf, timers, log } = options
  const { isStillWho = async () => true } = options
  const vouched = createVouched({ timers })
  let server: FastifyInstance | undefined
  let inode: number | undefined

  async function callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Caller | undefined> {
    const caller = await options.callerOf(request, reply)
    if (caller?.via === 'socket') {
      const stillGood = async () =>
        keepsRights(caller, await rightsOf(caller.account)) && (await isStillWho(caller))
      vouched.vouch(request.raw.socket, reply.raw, stillGood)
    }
    return caller
  }

  return {
    name: 'api',
    async start(signal) {
      await refuseLive(socketPath)
      signal.throwIfAborted()
      server = buildServer({ ...options, callerOf })
      checkWhileOpen(server.server)
      server.server.maxConnections = SOCKET_CONNECTIONS
      if (onConnection !== undefined) server.server.on('connection', onConnection)
      // Without free descriptors an accept fails. That loses one caller, but must not end the daemon.
      server.server.on('error', (error) => log.warn({ reason: error.message }, 'the control socket failed'))
      try {
        await server.ready()
        inode = await listen(server, socketPath, socketMode)
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
      vouched.stop()
      const cut = setTimeout(() => closing.server.closeAllConnections(), DRAIN_MS)
      await closing.close()
      clearTimeout(cut)
      await unlinkOwn(socketPath, inode)
    },
    handle(request, response) {
      if (server === undefined) throw new Error('the API has not started')
      server.routing(request, response)
    },
  }
}

/**
 * Binds the socket in a directory that only this user can enter, sets its mode there, and moves it to its place. So nobody
 * else can connect at any moment, whatever the umask is. The move also replaces the socket of a dead daemon.
 */
async function listen(server: FastifyInstance, path: string, mode: number): Promise<number> {
  const directory = dirname(path)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // join() would drop the dot.
    const hidden = await mkdtemp(`${directory}/.`)
    try {
      const bound = join(hidden, 's')
      await once(server.server.listen(bound), 'listening')
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

/** Throws `conflict` if a daemon listens on the socket. Only an accepted connection proves that; a file does not. */
async function refuseLive(path: string): Promise<void> {
  if (!(await listens(path))) return
  const health = await daemonAt({ socket: path })
    .call(getHealth, { deadlineMs: ASK_PID_MS })
    .catch(() => undefined)
  const pid = health?.pid
  const who = pid === undefined ? 'another process' : `karo with pid ${pid}`
  throw new KaroError('conflict', `${who} already listens on this socket`, {
    where: path,
    hint: `Stop it first${pid === undefined ? '' : ' (karo stop)'}; or choose another home with --home.`,
  })
}

async function unlinkOwn(path: string, inode: number | undefined): Promise<void> {
  try {
    if ((await lstat(path)).ino === inode) await unlink(path)
  } catch {
    // Already gone.
  }
}
