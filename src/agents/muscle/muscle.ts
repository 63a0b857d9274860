// The room that keeps the Muscle: connects to it, or starts it, probes it, and locks everything while it is not there.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { deadline, untilAborted } from '../../base/async/deadline.ts'
import { KaroError } from '../../base/errors.ts'
import type { PeerCredentials } from '../../base/kernel/peer-credentials.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import { PROBE_JOB, type ProviderName } from '../../muscle/contract/messages.ts'
import { muscleProgram } from '../../muscle/contract/program.ts'
import { connectMuscle, type MuscleClient } from './client.ts'

/** Milliseconds between probes, and how long one may take: a machine that is merely busy must not lose its jails. */
const PROBE_EVERY_MS = 15_000
/** For small virtual machines, which take a second of a processor where they are emulated, and wait for it on a busy machine. */
const PROBE_VM_EVERY_MS = 60_000
/** Milliseconds after which a lost Muscle is looked for again; doubled each time up to the time between probes. */
const AGAIN_MS = 250
/** Milliseconds that a karo-exec of the daemon's own may take to begin. Small virtual machines make their template first. */
const BEGIN_MS = 45_000

export interface MuscleDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  /** `off` without agents. `start`: as a child of the daemon. `connect`: a unit of its own runs it. */
  readonly way: 'off' | 'start' | 'connect'
  readonly path: string
  /** The one way to build jails; null: the first that works. */
  readonly provider: ProviderName | null
  /** Directories of Karo that no jail may see. */
  readonly closed: readonly string[]
  /** A directory for what small virtual machines begin with. */
  readonly state: string
  readonly credentials: () => Promise<PeerCredentials>
}

export interface Muscle extends Room {
  /** `off`: not configured. `locked`: nothing can run. */
  state(): { readonly state: 'off' | 'locked' | 'ready'; readonly detail: string }
  /** The connection; waits for a karo-exec that is starting. Rejects with KaroError `unavailable` while it is locked, `refused` while agents are off. */
  client(): Promise<MuscleClient>
}

export function createMuscle(deps: MuscleDeps): Muscle {
  const { way, path, provider, closed, state, clock, timers, log } = deps
  const everyMs = provider === 'vm' ? PROBE_VM_EVERY_MS : PROBE_EVERY_MS
  let client: MuscleClient | undefined
  /** Why it is locked; undefined while it is ready. */
  let problem: string | undefined = 'karo-exec has not answered yet'
  let child: ChildProcess | undefined
  let credentials: PeerCredentials | undefined
  let cancel = (): void => {}
  let ended = true
  let waitMs = AGAIN_MS
  /** Settled once karo-exec is ready for the first time, or is not starting any more. */
  const begun = Promise.withResolvers<void>()
  let isBeginning = true
  let waitNoMore = (): void => {}
  const began = (): void => {
    isBeginning = false
    waitNoMore()
    begun.resolve()
  }

  /** What keeps it from being ready. That nothing answers yet is no trouble while a karo-exec of the daemon's own starts. */
  const trouble = (): string | undefined =>
    problem !== undefined && isBeginning && way === 'start' ? 'karo-exec is starting' : problem

  const lock = (why: string): void => {
    if (problem === undefined) log.error({ reason: why }, 'karo-exec is lost; nothing runs until it is back')
    problem = why
    client?.close()
    client = undefined
  }

  const start = (): void => {
    if (way !== 'start' || (child !== undefined && child.exitCode === null && child.signalCode === null))
      return
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const [runtime, file] = muscleProgram()
    const words = [file, '--socket', path, '--with-parent', '--state', state]
    for (const dir of closed) words.push('--closed', dir)
    // Its standard input ends with this process, and so does it.
    child = spawn(runtime, words, { stdio: ['pipe', 'ignore', 'inherit'], env: {} })
    child.on('error', (error) => {
      log.warn({ reason: error.message }, 'karo-exec cannot be started')
      began()
    })
    child.once('close', began)
    child.stdin?.on('error', () => {})
  }

  /** Connects where needed, and starts a jail to see that one can be started. */
  const look = async (): Promise<void> => {
    using limit = deadline(timers, everyMs)
    try {
      start()
      credentials ??= await deps.credentials()
      client ??= await connected(credentials, limit.signal)
      await untilAborted(tryJail(client, everyMs), limit.signal)
      if (ended) return
      if (problem !== undefined) log.info({}, 'karo-exec is ready')
      problem = undefined
      waitMs = AGAIN_MS
    } catch (error) {
      // What answers has begun. Only small virtual machines may still wait for their template.
      if (client !== undefined && provider !== 'vm') began()
      if (!ended) lock((error as Error).message)
    }
  }

  const connected = async (known: PeerCredentials, signal: AbortSignal): Promise<MuscleClient> => {
    const fresh = await connectMuscle(path, known, { signal, provider })
    const told: MuscleClient = { ...fresh, run: (...args) => traced(fresh, ...args) }
    if (ended) fresh.close()
    void fresh.closed.then((why) => {
      if (ended || client !== told) return
      lock(`the connection to karo-exec is lost: ${why}`)
      again(AGAIN_MS)
    })
    return told
  }

  /** The log says how long each job took, by the trace of whoever asked for it. */
  const traced = async (by: MuscleClient, ...args: Parameters<MuscleClient['run']>) => {
    const began = clock.monotonic()
    const job = await by.run(...args)
    const [{ trace_id }] = args
    const tell = ({ reason, code }: Awaited<typeof job.ended>): void => {
      const elapsed_ms = Math.round(clock.monotonic() - began)
      log.debug({ trace_id, elapsed_ms, end: reason, code }, 'a job is over')
    }
    if (trace_id !== null) void job.ended.then(tell, () => {})
    return job
  }

  const again = (ms: number): void => {
    cancel()
    if (!ended) cancel = timers.after(ms, () => void round())
  }

  const round = async (): Promise<void> => {
    await look()
    if (problem === undefined || child === undefined) began()
    if (problem !== undefined && !isBeginning) waitMs = Math.min(2 * waitMs, everyMs)
    again(problem === undefined ? everyMs : waitMs)
  }

  return {
    name: 'muscle',
    async start() {
      if (way === 'off') return
      ended = false
      waitNoMore = timers.after(BEGIN_MS, began)
      // The node starts without it: what is locked is what agents ask for, and nothing else waits for that.
      void round()
    },
    async stop() {
      ended = true
      began()
      cancel()
      client?.close()
      client = undefined
      child?.stdin?.end()
      child?.kill('SIGTERM')
    },
    health: () =>
      way === 'off'
        ? []
        : [{ name: 'agents.muscle', ok: problem === undefined, detail: trouble() ?? 'jails can be started' }],
    state() {
      if (way === 'off') return { state: 'off', detail: 'agents are not enabled' }
      return {
        state: problem === undefined ? 'ready' : 'locked',
        detail: trouble() ?? 'jails can be started',
      }
    },
    async client() {
      if (!ended) await begun.promise
      if (way === 'off') throw new KaroError('refused', 'agents are off', { where: 'agents.enabled' })
      if (client === undefined || problem !== undefined)
        throw new KaroError('unavailable', trouble() ?? 'karo-exec is not connected')
      return client
    },
  }
}

/** Rejects unless a command ran in a jail and ended well. */
async function tryJail(client: MuscleClient, wall_ms: number): Promise<void> {
  const limits = {
    cpu_seconds: 5,
    memory_bytes: 256 * 1024 * 1024,
    disk_bytes: 1024 * 1024,
    tasks: 8,
    wall_ms,
    output_bytes: 1024,
  }
  const job = await client.run(
    {
      job: `${PROBE_JOB}${randomUUID()}`,
      argv: ['/usr/bin/true'],
      cwd: '/',
      env: {},
      binds: [],
      code: [],
      limits,
      stdin: false,
      secrets: [],
      trace_id: null,
    },
    () => {},
  )
  const { reason, code } = await job.ended
  if (reason !== 'exited' || code !== 0) throw new Error(`a jail that was tried ended with ${code ?? reason}`)
}
