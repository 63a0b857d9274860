// A Muscle for tests: its socket and a Brain connected to it, in this process or in one of its own, and what a job says.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { connectMuscle, type JobSpec, type MuscleClient } from '../../../src/agents/muscle/client.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { openPeerCredentials, type PeerCredentials } from '../../../src/base/kernel/peer-credentials.ts'
import { type Log, silentLog } from '../../../src/base/run/log.ts'
import type { Ended, ProviderName } from '../../../src/muscle/contract/messages.ts'
import { muscleProgram } from '../../../src/muscle/contract/program.ts'
import type { Provider } from '../../../src/muscle/jail/provider.ts'
import { createProviders } from '../../../src/muscle/jail/providers.ts'
import { serve } from '../../../src/muscle/serve.ts'
import { temporaryDirectory } from '../data/database.ts'
import { COMPILED } from '../run/compiled.ts'
import { atEnd, childrenOf, track, wordsOf } from '../run/processes.ts'
import { until } from '../run/until.ts'

/** Set by the soak: the whole suite by small virtual machines. */
const WHOLE_VM = process.env.KARO_JAILS === 'vm'
/** A start of a small virtual machine takes a second where it is emulated, so `npm test` has some of the tests alone. */
export const isShort = (name: ProviderName): boolean => name === 'vm' && !WHOLE_VM

const ROOT = join(import.meta.dirname, '../../..')
/** Templates of earlier runs, below a name that follows from what makes them: where that was changed they are made anew. */
const KEPT = join(ROOT, 'node_modules/.cache/karo-vm')

/** The templates of this process. An emulated guest boots for ten seconds of a processor, so one of an earlier run is taken. */
let templates: string | undefined
export function templatesHere(): string {
  if (templates === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'karo-vm-'))
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    try {
      mkdirSync(keptHere(), { recursive: true })
      // One that another process takes away meanwhile, or that is not of this machine, is made anew behind the link.
      for (const name of readdirSync(keptHere())) symlinkSync(join(keptHere(), name), join(directory, name))
    } catch {
      // Somebody who may not write here makes their own.
    }
    templates = directory
  }
  atEnd(keepTemplates)
  return templates
}

let key: string | undefined
function keptHere(): string {
  if (key === undefined) {
    const hash = createHash('sha256')
    for (const path of globSync('src/muscle/**/*.ts', { cwd: ROOT }).sort())
      hash.update(readFileSync(join(ROOT, path)))
    key = hash.digest('hex').slice(0, 16)
  }
  return join(KEPT, key)
}

/** For the next run: those that this process made, each moved there whole. */
function keepTemplates(): void {
  if (templates === undefined) return
  const made = readdirSync(templates, { withFileTypes: true }).filter((one) => one.isDirectory())
  for (const { name } of made) {
    const own = join(templates, name)
    const [place, fresh] = [join(keptHere(), name), join(KEPT, `.${name}-${process.pid}`)]
    try {
      cpSync(own, fresh, { recursive: true })
      rmSync(place, { recursive: true, force: true })
      renameSync(fresh, place)
      rmSync(own, { recursive: true })
      symlinkSync(place, own)
      for (const other of readdirSync(KEPT))
        if (other !== key && !other.startsWith('.'))
          rmSync(join(KEPT, other), { recursive: true, force: true })
    } catch {
      // Another process was quicker, or nobody may write here.
      rmSync(fresh, { recursive: true, force: true })
    }
  }
}

/** Every provider that this build has, and why one cannot be used on this machine. */
export async function providersHere(closed: readonly string[] = []) {
  // Test files run beside each other, and each provider ends what is left of jails at its own socket.
  const all = await createProviders(closed, `/no/socket/${randomUUID()}`, templatesHere(), false)
  const meant = all.filter(({ name }) => !WHOLE_VM || name === 'vm')
  return meant.map((provider) => ({
    provider,
    problem:
      provider.problem() ?? (provider.name === 'landlock' ? undefined : cannotStart()) ?? cannotEnter(),
  }))
}

/** Jails of root run as another user, who must reach the programs of this checkout. A clone in root's home is the usual case. */
function cannotEnter(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) !== 0) continue
    return `${folder} is closed to other users, and jails of root run as one: clone to another place, such as /opt, or chmod o+x it`
  }
  return undefined
}

/** A machine may have the program and forbid user namespaces. */
function cannotStart(): string | undefined {
  const tried = spawnSync('bwrap', ['--unshare-user', '--ro-bind', '/', '/', 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `bwrap cannot be used here: ${tried.error?.message ?? tried.stderr}`
}

/** A directory that nobody, who is not root, may enter too, and that a jail may be given. */
export function workDirectory(): string {
  const directory = realpathSync(temporaryDirectory())
  chmodSync(directory, 0o777)
  return directory
}

export interface Rig {
  readonly client: MuscleClient
  readonly path: string
}

/** In this process. */
export async function muscleHere(
  options: {
    readonly providers?: readonly Provider[]
    readonly credentials?: PeerCredentials
    readonly brainUid?: number
    readonly mostJails?: number
    readonly log?: Log
    readonly connect?: false
  } = {},
): Promise<Rig> {
  const directory = temporaryDirectory()
  const path = join(directory, 'exec.sock')
  const credentials = await openPeerCredentials(silentLog)
  const serving = await serve({
    path,
    mode: 0o600,
    brainUid: process.getuid?.() ?? 0,
    mostJails: 8,
    credentials,
    probe: async () => [],
    timers: systemTimers,
    now: systemClock.now,
    log: silentLog,
    providers: await createProviders([], path),
    ...options,
  })
  onTestFinished(() => serving.stop())
  const [only, ...others] = options.providers ?? []
  const provider = others.length === 0 ? (only?.name ?? null) : null
  const client =
    options.connect === false ? (undefined as never) : await connectMuscle(path, credentials, { provider })
  if (options.connect !== false) onTestFinished(() => client.close())
  return { client, path }
}

let isCompiled = false
/** Node.js keeps what it compiled when a process ends by itself, and tests kill most of these. So one is started first that ends at once, because its words make no sense. */
function compiledMuscle(): typeof COMPILED {
  const [runtime, file] = muscleProgram()
  if (!isCompiled) spawnSync(runtime, [file, '--compiled'], { env: COMPILED, stdio: 'ignore' })
  isCompiled = true
  return COMPILED
}

/** In a process of its own, from the sources; a Brain of this process is connected. */
export async function muscleApart(
  more: readonly string[] = [],
  path = join(temporaryDirectory(), 'exec.sock'),
  provider: ProviderName | null = null,
): Promise<Rig & { readonly child: ChildProcess }> {
  const [runtime, file] = muscleProgram()
  const child = track(
    spawn(runtime, [file, '--socket', path, '--state', templatesHere(), ...more], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: compiledMuscle(),
    }),
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const credentials = await openPeerCredentials(silentLog)
  const client = await until(() => connectMuscle(path, credentials, { provider }), {
    what: 'karo-exec answers',
  })
  onTestFinished(() => client.close())
  return { client, path, child }
}

const MEBIBYTE = 1024 * 1024
let jobs = 0

export function jobOf(argv: readonly string[], more: Partial<JobSpec> = {}): JobSpec {
  jobs += 1
  return {
    job: `test-${process.pid}-${jobs}`,
    argv,
    cwd: '/',
    env: {},
    binds: [],
    code: [],
    limits: {
      cpu_seconds: 60,
      memory_bytes: 512 * MEBIBYTE,
      disk_bytes: 8 * MEBIBYTE,
      tasks: 32,
      wall_ms: 600_000,
      output_bytes: 64 * MEBIBYTE,
    },
    stdin: false,
    secrets: [],
    trace_id: null,
    ...more,
  }
}

/** In Perl: says for each directory among its arguments whether it can make a stream socket there, and one of datagrams. */
export const MAKES_SOCKETS = `use Socket;
for my $directory (@ARGV) { for my $type (1, 2) {
  my $one; print socket($one, 1, $type, 0) && bind($one, pack_sockaddr_un "$directory/$type") ? "made\\n" : "no\\n";
} }
`

export interface Said {
  readonly out: string
  readonly err: string
  readonly ended: Ended
}

/** Runs it to its end. */
export async function runToEnd(client: MuscleClient, spec: JobSpec, input?: string): Promise<Said> {
  const said = { stdout: '', stderr: '' }
  const job = await client.run(spec, ({ stream, bytes }) => {
    said[stream] += bytes.toString()
  })
  if (input !== undefined) job.input(Buffer.from(input), true)
  return { ended: await job.ended, out: said.stdout, err: said.stderr }
}

/** A number of seconds that no other process sleeps, by which a process is found from outside. */
export function freshMark(): string {
  jobs += 1
  return `9${process.pid}${jobs}${Math.floor(performance.now())}`
}

/** Pids of processes of this machine, wherever they are, that have the mark among their arguments, except bubblewrap itself. */
export function marked(mark: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return /^\d+$/.test(pid) && words.includes(mark) && words[0]?.endsWith('sleep') ? [Number(pid)] : []
    } catch {
      return []
    }
  })
}

/**
 * Pids that are seen of a job from outside: of its processes that have the mark, or, where they are in a guest, of every small virtual machine. A
 * machine without other users of them is needed then, and the soak says so.
 */
export const runningOf = (name: ProviderName, mark: string): number[] =>
  name !== 'vm'
    ? marked(mark)
    : readdirSync('/proc')
        .map(Number)
        .filter((pid) => pid > 0 && wordsOf(pid)[0]?.includes('/qemu-system-'))

/** The process of karo-exec that a daemon started. */
export function muscleOf({ pid }: { readonly pid: number }): number {
  const found = childrenOf(pid).find((child) => wordsOf(child).some((word) => word.includes('karo-exec')))
  if (found === undefined) throw new Error('no karo-exec')
  return found
}
