// Jails by bubblewrap: namespaces of their own for everything, an empty home, a read-only system, no network, a seccomp filter.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, closeSync, constants, fchownSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { seccompFilter } from '../seccomp/filter.ts'
import { argumentsOf, GROUP, NOBODY, PASSWD } from './bwrap-arguments.ts'
import { endLeftovers, markOf } from './leftovers.ts'
import { judgePlaces, type Place, type Places } from './places.ts'
import { isThere, type Process, processOf, stateOf } from './process.ts'
import { type Jail, JailError, type JailSpec, type Provider } from './provider.ts'

/** Milliseconds until a jail has to be complete; building one takes a few. */
const BUILD_MS = 10_000
/** Milliseconds between looks at whether the last process is gone. */
const LOOK_MS = 2
const FIRST_SECRET = 4
/** Bytes of what bubblewrap says about a failure. */
const COMPLAINT_BYTES = 1024

export interface BwrapDeps {
  readonly descriptors: Descriptors
  /** Of the Muscle, so that the next one there finds what a killed one left. */
  readonly socket: string
  /** Directories of Karo that no jail sees. */
  readonly closed: readonly string[]
  /** Of bubblewrap; not looked for in PATH, which may be a person's. */
  readonly program?: string
  readonly machine?: string
}

export function createBwrap(deps: BwrapDeps): Provider {
  const { program = '/usr/bin/bwrap', machine = process.arch } = deps
  const filter = seccompFilter(machine)
  const mark = markOf(deps.socket)
  return {
    name: 'bwrap',
    endLeftovers: () => endLeftovers(mark, program),
    problem() {
      if (filter === undefined) return `there is no seccomp filter for ${machine}`
      try {
        accessSync(program, constants.X_OK)
        return undefined
      } catch {
        return `there is no ${program}; install the package bubblewrap`
      }
    },
    async start(spec) {
      if (filter === undefined) throw new JailError('no_sandbox', `there is no seccomp filter for ${machine}`)
      return begin(spec, judgePlaces(spec.binds, deps.closed), { ...deps, program, filter, mark })
    },
  }
}

interface Means {
  readonly descriptors: Descriptors
  readonly program: string
  readonly filter: Buffer
  readonly mark: string
}

async function begin(spec: JailSpec, places: Places, means: Means): Promise<Jail> {
  const { descriptors, program, filter } = means
  const owner = process.getuid?.() === 0 ? NOBODY : undefined
  const given: number[] = []
  /** This side's ends of the pipes, until there is a jail that has them. */
  const kept: number[] = []
  const give = (descriptor: number): number => {
    given.push(descriptor)
    return descriptor
  }
  const memory = (name: string, bytes: Uint8Array): number => give(descriptors.memoryFile(name, bytes, owner))
  let child: ChildProcess
  let stdin: number | undefined
  let out: number
  let err: number
  try {
    const pipe = () => {
      const ends = descriptors.pipe()
      kept.push(ends.read, ends.write)
      // Programs open /dev/stdout by its path, which asks for the rights of a file.
      if (owner !== undefined) for (const end of [ends.read, ends.write]) fchownSync(end, owner, owner)
      return ends
    }
    const input = spec.stdin ? pipe() : undefined
    const [output, errors] = [pipe(), pipe()]
    kept.splice(0, kept.length, ...[input?.write ?? [], output.read, errors.read].flat())
    given.push(...[input?.read ?? [], output.write, errors.write].flat())
    stdin = input?.write
    out = output.read
    err = errors.read
    const secrets = spec.secrets.map((bytes) => memory('secret', bytes))
    const first = FIRST_SECRET + secrets.length
    const files = [filter, PASSWD, GROUP].map((bytes) => memory('karo', bytes))
    const stdio = [
      input === undefined ? ('ignore' as const) : input.read,
      output.write,
      errors.write,
      'pipe' as const,
      ...secrets,
      ...files,
      'pipe' as const,
    ]
    child = spawn(program, argumentsOf(spec, places, { first, mark: means.mark }), {
      stdio,
      cwd: '/',
      env: {},
      ...(owner !== undefined && { uid: owner, gid: owner }),
    })
  } catch (error) {
    for (const descriptor of kept) closeSync(descriptor)
    throw new JailError('no_sandbox', `no jail could be begun: ${(error as Error).message}`)
  } finally {
    for (const bytes of spec.secrets) bytes.fill(0)
    for (const descriptor of given) closeSync(descriptor)
  }
  const jail = jailOf(child, { stdin, out, err })
  try {
    const gate = child.stdio?.[3] as Socket | undefined
    const news = child.stdio?.at(-1) as Socket | undefined
    if (gate == null || news == null) throw new Error('bubblewrap could not be started')
    await complete({ child, news, gate, jail, places })
    if (!spec.wanted()) throw new JailError('failed', 'it was cancelled before it ran')
    // The command runs from here on.
    gate.end('go\n')
    return jail
  } catch (error) {
    jail.kill()
    const complaint = await complaintOf(jail)
    await jail.ended
    jail.stdin?.destroy()
    jail.stdout.destroy()
    if (error instanceof JailError) throw error
    throw new JailError('no_sandbox', `no jail could be built: ${complaint || (error as Error).message}`)
  }
}

function jailOf(
  child: ChildProcess,
  ends: { readonly stdin: number | undefined; readonly out: number; readonly err: number },
): Jail & { inner: Process | undefined } {
  const stream = (fd: number, readable: boolean): Socket => {
    const socket = new Socket({ fd, readable, writable: !readable })
    // The other end is gone, which the jail's end tells.
    socket.on('error', () => {})
    return socket
  }
  const exit = Promise.withResolvers<{ code: number | null; signal: string | null }>()
  child.once('exit', (code, signal) => exit.resolve({ code, signal }))
  child.once('error', () => exit.resolve({ code: null, signal: null }))
  const jail = {
    /** The first process of the jail, as seen from outside. */
    inner: undefined as Process | undefined,
    stdin: ends.stdin === undefined ? undefined : stream(ends.stdin, false),
    stdout: stream(ends.out, true),
    stderr: stream(ends.err, true),
    kill() {
      child.kill('SIGKILL')
      // While the jail is built, its first process does not end with bubblewrap yet.
      try {
        if (jail.inner !== undefined && isThere(jail.inner)) process.kill(jail.inner.pid, 'SIGKILL')
      } catch {
        // It has ended between the look and the signal.
      }
    },
    ended: exit.promise.then(async (how) => {
      // The kernel has killed the first process of the jail with bubblewrap, and everything in it with that.
      while (jail.inner !== undefined && isThere(jail.inner)) await sleep(LOOK_MS)
      return how
    }),
  }
  return jail
}

interface Building {
  readonly child: ChildProcess
  readonly news: Socket
  readonly gate: Socket
  readonly jail: { inner: Process | undefined }
  readonly places: Places
}

/** Waits until the jail is complete; then compares what it sees with what was judged. */
async function complete({ child, news, gate, jail, places }: Building): Promise<void> {
  const late = AbortSignal.timeout(BUILD_MS)
  const over = once(child, 'exit', { signal: late })
  over.catch(() => {})
  const told = async (socket: Socket, pattern: RegExp): Promise<string> => {
    const text = await Promise.race([heard(socket, pattern), over])
    if (typeof text !== 'string') throw new Error('it ended')
    return text
  }
  const pid = Number(await told(news, /"child-pid": (\d+)\D/))
  const first = processOf(pid)
  jail.inner = first
  await told(gate, /^(\n)/)
  for (const place of places.binds) {
    if (!isSame(place, `/proc/${pid}/root${place.path}`))
      throw new JailError('bad_path', `${place.path} was replaced while the jail was built`)
  }
  // Asleep, it waits for the command, and ends with bubblewrap from now on.
  while (stateOf(pid) !== 'S') {
    if (late.aborted || !isThere(first)) throw new Error('its first process does not wait')
    await sleep(LOOK_MS)
  }
}

/** The first group of `pattern` in what comes from the socket; the socket stays open. */
function heard(socket: Socket, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      text = (text + piece).slice(0, COMPLAINT_BYTES)
      const found = pattern.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    socket.on('error', reject)
    socket.on('end', () => reject(new Error('it did not begin')))
  })
}

function isSame({ device, inode }: Place, path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.dev === device && stat.ino === inode
}

/** What bubblewrap said on the jail's standard error before it ended. */
async function complaintOf({ stderr }: Jail): Promise<string> {
  let text = ''
  try {
    for await (const piece of stderr) {
      text += String(piece)
      if (text.length > COMPLAINT_BYTES) break
    }
  } catch {
    // What was said until then is what there is.
  }
  return text.slice(0, COMPLAINT_BYTES).trim().split('\n').at(-1) ?? ''
}
