// The jobs of one connection: each is a command in a jail, with its output on the way to the Brain and its bounds.
import { closeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { within } from '../base/async/deadline.ts'
import type { Ambient } from '../base/run/ambient.ts'
import {
  type Ended,
  isMeant,
  PIECE_BYTES,
  PROBE_JOB,
  type ProviderName,
  type Reason,
  type RunRequest,
  WINDOW_BYTES,
} from './contract/messages.ts'
import { createPipes, FULL, type PipeStep, type Pipes } from './contract/pipes.ts'
import { firstSecret, type Jail, JailError, type JailSpec, type Provider } from './jail/provider.ts'

export interface JobsDeps extends Pick<Ambient, 'timers' | 'log'> {
  /** In the order in which they are preferred. */
  readonly providers: readonly Provider[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Places for jails of this whole process. */
  readonly room: Seats
  readonly output: (job: string, seq: number, stream: 'stdout' | 'stderr', bytes: Buffer) => void
  readonly pipe: (job: string, step: PipeStep, bytes?: Uint8Array) => void
  readonly ended: (message: Ended) => void
}

interface Seats {
  /** False when no place is left; one more is kept for a probe, so that a full house is not taken for a broken one. */
  take(isProbe: boolean): boolean
  free(): void
}

/** Bytes of input that may wait for a command that does not read. */
const INPUT_WAITING_BYTES = 8 * 1024 * 1024

/** For what a jail left in its pipes when it ended. */
const DRAIN_MS = 2_000

interface Job {
  provider: ProviderName
  readonly startedMs: number
  jail: Jail | undefined
  reason: Reason | undefined
  /** Bytes sent and not acknowledged. */
  onTheWay: number
  /** Its connections to the Brain; undefined where nothing leads out. */
  pipes: Pipes | undefined
  over: Promise<void>
}

export type Jobs = ReturnType<typeof createJobs>

export function createJobs(deps: JobsDeps) {
  const running = new Map<string, Job>()

  /** Ends a job for `reason`; the first reason is the one that is told. */
  const stop = (job: Job, reason: Reason): void => {
    job.reason ??= reason
    job.jail?.kill()
  }

  async function run(request: RunRequest, secrets: Buffer): Promise<ProviderName> {
    const { job: name, limits } = request
    const candidates = choose(deps.providers, request.provider)
    if (running.has(name)) throw new JailError('conflict', `the job ${name} is running already`)
    if (!deps.room.take(name.startsWith(PROBE_JOB)))
      throw new JailError('busy', 'as many jails run as may run at once')
    const started = Promise.withResolvers<void>()
    const job: Job = {
      provider: candidates[0].name,
      startedMs: deps.now(),
      jail: undefined,
      reason: undefined,
      onTheWay: 0,
      pipes: undefined,
      over: started.promise,
    }
    running.set(name, job)
    try {
      const spec = {
        ...request,
        ...specOf(request, secrets),
        wanted: () => job.reason === undefined,
      }
      job.jail = await startFirst(candidates, spec, (provider, failed) => {
        job.provider = provider.name
        // Without the message, which may hold a path that a person typed.
        if (failed !== undefined)
          deps.log.warn(
            { job: name, trace_id: request.trace_id, provider: failed.name, next: provider.name },
            'no jail could be built in one way, so the next one is tried; karo doctor --sandbox says more',
          )
      })
    } catch (error) {
      running.delete(name)
      deps.room.free()
      throw error
    } finally {
      started.resolve()
    }
    const shut = lead(
      job,
      job.jail,
      (step, bytes) => deps.pipe(name, step, bytes),
      (error) => {
        // What it connects to would never answer it.
        deps.log.error({ job: name, reason: error.message }, 'the way out of a jail is lost, so it is ended')
        stop(job, 'lost')
      },
    )
    const late = deps.timers.after(limits.wall_ms, () => stop(job, 'wall_time'))
    job.over = watch(name, job, job.jail, limits.output_bytes, stop, deps).finally(() => {
      late()
      shut()
      running.delete(name)
      deps.room.free()
    })
    // Cancelled while it was being built.
    if (job.reason !== undefined) job.jail.kill()
    return job.provider
  }

  return {
    /** Resolves when the command runs. `secrets` are the bytes behind the header, which the caller overwrites. Rejects with JailError. */
    run,
    /** Bytes for the command's standard input. A job that has ended, or that has no input, gets nothing. */
    input(name: string, bytes: Buffer, final: boolean) {
      const job = running.get(name)
      const stdin = job?.jail?.stdin
      if (job === undefined || stdin === undefined || stdin.writableEnded) return
      // Bytes left out would change what the command reads, so it ends instead.
      if (stdin.writableLength + bytes.length > INPUT_WAITING_BYTES) return stop(job, 'input')
      if (bytes.length > 0) stdin.write(bytes, () => bytes.fill(0))
      if (final) stdin.end()
    },
    ack(name: string, bytes: number) {
      const job = running.get(name)
      if (job === undefined) return
      job.onTheWay = Math.max(0, job.onTheWay - bytes)
      if (job.onTheWay < WINDOW_BYTES)
        for (const stream of [job.jail?.stdout, job.jail?.stderr]) stream?.resume()
    },
    /** What the Brain says of a connection that the job made. Throws Malformed. */
    pipe: (name: string, step: PipeStep, bytes: Buffer) => running.get(name)?.pipes?.take(step, bytes),
    /** Kills the jail; false when there is no such job. */
    cancel(name: string) {
      const job = running.get(name)
      if (job !== undefined) stop(job, 'cancelled')
      return job !== undefined
    },
    list: () =>
      [...running].map(([job, { provider, startedMs }]) => ({ job, provider, started_ms: startedMs })),
    /** Kills every jail and resolves when the last process of the last one is gone. */
    async end() {
      for (const job of running.values()) stop(job, 'cancelled')
      // A job that was being built is killed when it is there.
      while (running.size > 0) await Promise.all([...running.values()].map(({ over }) => over))
    },
  }
}

/** Leads each connection that the job makes to the Brain. Returns what ends that. `failed`: the port leads nowhere. */
function lead(
  job: Job,
  { listener }: Jail,
  send: (step: PipeStep, bytes?: Uint8Array) => void,
  failed: (error: Error) => void,
): () => void {
  if (listener === undefined) return () => {}
  const pipes = createPipes({ send })
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const pipe = pipes.open()
    if (pipe === undefined) {
      socket.on('error', () => {})
      socket.write(FULL)
      return socket.destroySoon()
    }
    // Both are over, however that came.
    pipeline(socket, pipe, socket, () => {})
  })
  server.on('error', (error) => {
    // Nobody else closes what could not be listened on.
    if (!server.listening) closeSync(listener)
    failed(error)
  })
  server.listen({ fd: listener })
  job.pipes = pipes
  return () => {
    server.close()
    pipes.end()
  }
}

/** Those that may build the jail, in their order. Throws JailError `no_sandbox` where there is none. */
function choose(
  providers: readonly Provider[],
  wanted: ProviderName | null,
): readonly [Provider, ...Provider[]] {
  const named = providers.filter(({ name }) => isMeant(name, wanted))
  const [first, ...others] = named.filter((provider) => provider.problem() === undefined)
  if (first !== undefined) return [first, ...others]
  const why = named.map((provider) => provider.problem()).join('; ') || `there is no ${wanted ?? 'provider'}`
  throw new JailError('no_sandbox', `no jail works here: ${why}`)
}

/** By which this process has built a jail. */
const able = new WeakSet<Provider>()
/**
 * A machine may have bubblewrap and forbid namespaces: the next way is tried where the program that builds the jail ended by
 * itself, and for no other reason. A machine that is only slow or full gets no weaker jail, nor one by which this process has built jails:
 * whoever changes what a jail is given, while it is built, can make it fail. `trying` is told each way, and the
 * one before it that failed.
 */
async function startFirst(
  [provider, ...others]: readonly [Provider, ...Provider[]],
  spec: JailSpec,
  trying: (provider: Provider, failed: Provider | undefined) => void,
  failed?: Provider,
  before: readonly string[] = [],
): Promise<Jail> {
  trying(provider, failed)
  try {
    const jail = await provider.start(spec)
    able.add(provider)
    return jail
  } catch (error) {
    if (!(error instanceof JailError)) throw error
    const [next, ...more] = others
    if (next === undefined || !error.endedItself || able.has(provider))
      throw new JailError(error.code, [error.message, ...before].join('; '))
    const said = `before that, by ${provider.name}: ${error.message}`
    return startFirst([next, ...more], spec, trying, provider, [said, ...before])
  }
}

/** The secrets as the jail gets them, each with a variable that names its descriptor. */
function specOf(request: RunRequest, bytes: Buffer) {
  let at = 0
  const secrets: Buffer[] = []
  const env: Record<string, string> = { ...request.env }
  for (const { name, bytes: size } of request.secrets) {
    env[`KARO_SECRET_${name}`] = `/dev/fd/${firstSecret(request) + secrets.length}`
    secrets.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at !== bytes.length) throw new JailError('malformed', 'the secrets are not as long as the request says')
  return { secrets, env }
}

/** Sends what the command says, within its bounds, and at last how it ended. Resolves when no process is left. */
async function watch(
  name: string,
  job: Job,
  jail: Jail,
  most: number,
  stop: (job: Job, reason: Reason) => void,
  deps: Pick<JobsDeps, 'output' | 'ended' | 'timers'>,
): Promise<void> {
  let seq = 0
  let told = 0
  const follow = (source: Readable, stream: 'stdout' | 'stderr'): Promise<void> =>
    new Promise((resolve) => {
      source.on('data', (bytes: Buffer) => {
        const rest = bytes.subarray(0, most - told)
        for (let at = 0; at < rest.length; at += PIECE_BYTES) {
          const piece = rest.subarray(at, at + PIECE_BYTES)
          told += piece.length
          job.onTheWay += piece.length
          seq += 1
          deps.output(name, seq, stream, piece)
        }
        if (rest.length < bytes.length) stop(job, 'output')
        if (job.onTheWay >= WINDOW_BYTES && job.reason === undefined) source.pause()
      })
      source.once('close', resolve)
    })
  const followed = Promise.all([follow(jail.stdout, 'stdout'), follow(jail.stderr, 'stderr')])
  const { code, signal } = await jail.ended
  // What the last process left in the pipes is still read; the Brain may be slow, so it is not waited for acknowledgements.
  for (const stream of [jail.stdout, jail.stderr]) stream.resume()
  // Somebody outside may hold the other end, handed on over a socket: what the dead jail has not said by now is not its word.
  if (!(await within(followed, DRAIN_MS, deps.timers)))
    for (const stream of [jail.stdout, jail.stderr]) stream.destroy()
  await followed
  jail.stdin?.destroy()
  const reason = job.reason ?? (code === null && signal === null ? 'lost' : 'exited')
  deps.ended({ op: 'ended', job: name, reason, code, signal, output_bytes: told })
}
