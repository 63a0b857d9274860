// The Muscle's end of the socket: who connects is proved by the kernel, what they send is read by the contract alone.
import { once } from 'node:events'
import { chmodSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { PeerCredentials } from '../base/kernel/peer-credentials.ts'
import type { Ambient } from '../base/run/ambient.ts'
import { listens } from '../base/run/listens.ts'
import { createFrameReader, encodeFrame, type Frame } from './contract/frame.ts'
import {
  CONTRACT_VERSION,
  type ProbeResult,
  type Refusal,
  type Reply,
  type Request,
  readRequest,
} from './contract/messages.ts'
import { Malformed } from './contract/shape.ts'
import { JailError, type Provider } from './jail/provider.ts'
import { createJobs, type Jobs, type JobsDeps } from './jobs.ts'

export interface ServeDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly path: string
  /** Of the socket's file. Who may connect is decided by uid, not by this. */
  readonly mode: number
  /** The only user who may connect, and root never in their place. */
  readonly brainUid: number
  readonly credentials: PeerCredentials
  readonly providers: readonly Provider[]
  readonly probe: () => Promise<readonly ProbeResult[]>
  readonly now: () => number
  /** Jails at once, of all connections together. */
  readonly mostJails: number
}

/** Connections at once: the daemon has one, and one more while it begins anew. */
const CONNECTIONS = 4
/** Bytes that may wait for a Brain that does not read; beyond that the connection ends, and its jails with it. */
const WAITING_BYTES = 64 * 1024 * 1024

/** Resolves when it listens. Rejects when another Muscle answers at `path`, or the place cannot be listened on. */
export async function serve(deps: ServeDeps) {
  const { path, mode, brainUid, credentials, log } = deps
  const open = new Map<Socket, Jobs>()
  const leaving = new Set<Promise<void>>()
  let jails = 0
  const room = {
    take(isProbe: boolean) {
      if (jails >= deps.mostJails + (isProbe ? 1 : 0)) return false
      jails += 1
      return true
    },
    free() {
      jails -= 1
    },
  }
  const server = createServer((socket) => {
    credentials.note(socket)
    const uid = credentials.uidOf(socket)
    if (uid !== brainUid || open.size >= CONNECTIONS) {
      log.warn({ uid: uid ?? null }, uid === brainUid ? 'too many connections' : 'somebody else connected')
      socket.destroy()
      return
    }
    const jobs = attend(socket, room, deps)
    open.set(socket, jobs)
    socket.once('close', () => {
      // The Brain is gone, so nobody answers for its jobs any more.
      const gone = jobs.end().finally(() => {
        open.delete(socket)
        leaving.delete(gone)
      })
      leaving.add(gone)
    })
  })
  await listen(server, path)
  chmodSync(path, mode)
  // Nobody is let in before this turn ends, so that every jail there is now belongs to a Muscle that is gone.
  const left = deps.providers.reduce((sum, provider) => sum + provider.endLeftovers(), 0)
  if (left > 0) log.warn({ processes: left }, 'ended half-built jails that a killed Muscle left')
  const usable = deps.providers.filter((provider) => provider.problem() === undefined)
  for (const [place, { name, cannot }] of usable.entries()) {
    // Unless the configuration names another kind, the first builds the jails, and the others what it cannot build.
    const tell = place === 0 ? log.warn : log.info
    for (const what of cannot)
      tell.call(log, { provider: name, cannot: what }, 'what jails of this kind do not hold here')
  }
  return {
    /** Closes the socket, kills every jail, and resolves when the last process in one is gone. */
    async stop() {
      server.close()
      for (const socket of open.keys()) socket.destroy()
      await Promise.all([...open.values()].map((jobs) => jobs.end()))
      await Promise.all(leaving)
    },
  }
}

/** Reads requests of one connection and does them. */
function attend(socket: Socket, room: JobsDeps['room'], deps: ServeDeps): Jobs {
  const { log } = deps
  const send = (reply: Reply, body?: Uint8Array): void => {
    if (socket.destroyed) return
    socket.write(encodeFrame(reply, body))
    if (socket.writableLength > WAITING_BYTES) socket.destroy()
  }
  const traces = new Map<string, string>()
  const jobs = createJobs({
    ...deps,
    room,
    output: (job, seq, stream, bytes) => send({ op: 'output', job, seq, stream }, bytes),
    pipe: (job, step, bytes) => send({ op: 'pipe', job, ...step }, bytes),
    ended(message) {
      const trace_id = traces.get(message.job)
      traces.delete(message.job)
      if (trace_id !== undefined)
        log.info({ job: message.job, trace_id, reason: message.reason, code: message.code }, 'a job ended')
      send(message)
    },
  })
  const hangUp = (error: unknown): void => {
    log.warn(
      { reason: error instanceof Malformed ? error.message : 'internal' },
      'a connection broke the contract',
    )
    socket.destroy()
  }
  const reader = createFrameReader()
  socket.on('error', () => {})
  socket.on('data', (piece) => {
    try {
      for (const { header, body } of reader.push(piece)) {
        const request = readRequest(header)
        if (body.length > 0 && !TAKE_BYTES.has(request.op))
          throw new Malformed('bytes follow a message that has none')
        if (request.op === 'run' && request.trace_id !== null) traces.set(request.job, request.trace_id)
        const begun = answer(request, body, { jobs, send, deps })
        begun.catch((error: Error) => {
          if (!('id' in request)) return hangUp(error)
          const code: Refusal = error instanceof JailError ? error.code : 'failed'
          send({ op: 'refused', id: request.id, code, message: error.message.slice(0, 2048) })
          if (request.op === 'run' && code !== 'conflict') traces.delete(request.job)
        })
      }
    } catch (error) {
      hangUp(error)
    }
  })
  send({ op: 'hello', version: CONTRACT_VERSION, pid: process.pid })
  return jobs
}

/** Requests behind which bytes stand. */
const TAKE_BYTES: ReadonlySet<Request['op']> = new Set(['run', 'input', 'pipe'])

interface Parts {
  readonly jobs: Jobs
  readonly send: (reply: Reply) => void
  readonly deps: ServeDeps
}

/** Begins at once, in the order of arrival; rejects with what the Brain is told. */
async function answer(request: Request, body: Frame['body'], { jobs, send, deps }: Parts): Promise<void> {
  const value = (id: number, value: unknown): void => send({ op: 'answer', id, value })
  switch (request.op) {
    case 'status':
      return value(request.id, {
        providers: deps.providers.map((way) => ({
          provider: way.name,
          problem: way.problem() ?? null,
        })),
        jobs: jobs.list().length,
      })
    case 'probe':
      return value(request.id, await deps.probe())
    case 'list':
      return value(request.id, jobs.list())
    case 'run': {
      const { job, trace_id } = request
      // Arguments may hold what a person typed, so the log has none of them.
      if (trace_id !== null) deps.log.info({ job, trace_id }, 'a job is asked for')
      try {
        return value(request.id, { provider: await jobs.run(request, body) })
      } finally {
        // Also where it was refused before anybody looked at the secrets.
        body.fill(0)
      }
    }
    case 'cancel':
      return value(request.id, jobs.cancel(request.job))
    case 'input':
      if (request.trace_id !== null)
        deps.log.info({ job: request.job, trace_id: request.trace_id }, 'a call is handed to a job')
      return jobs.input(request.job, body, request.final)
    case 'ack':
      return jobs.ack(request.job, request.bytes)
    case 'pipe':
      return jobs.pipe(request.job, request, body)
  }
}

/** A socket that a dead Muscle left is replaced; one that answers is another Muscle's. */
async function listen(server: Server, path: string): Promise<void> {
  const attempt = () => once(server.listen(path), 'listening')
  try {
    await attempt()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await listens(path)) throw new Error(`another karo-exec listens at ${path}`)
    unlinkSync(path)
    await attempt()
  }
}
