// Begins a jail whichever way it is built: its streams, its secrets and its program, and the word without which no command runs.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fchownSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { firstSecret, type Jail, JailError, type JailSpec } from './provider.ts'

/** The account inside, and the one that the jails of a Muscle of root run as outside: nobody. */
export const NOBODY = 65_534
/** The descriptor on which a jail says that it is complete, and hears that its command may run. */
const GATE = 3
/** Bytes of what a program says about a failure. */
const COMPLAINT_BYTES = 1024
/** Milliseconds to read the complaint after the program has ended: a process that outlived it may hold the other end of the pipe for ever. */
const COMPLAINT_MS = 1_000

/** Said of a place that this process reaches, as root, and the user of jails does not. */
function closedAbove(path: string): string {
  let closed = dirname(path)
  while (closed !== '/' && (statSync(closed).mode & 0o001) !== 0) closed = dirname(closed)
  return `${path} cannot be given to a jail: its user, nobody (65534), because karo-exec is root, may not pass through ${closed}. Let that user:  setfacl -m u:65534:x ${closed} , or take a place below /srv`
}

/** One way to build a jail. */
export interface Way {
  readonly descriptors: Descriptors
  readonly program: string
  /** Of the program. Descriptor `first` and those behind it are the `files`; those behind them are the lines to this process. */
  readonly words: (first: number) => readonly string[]
  /** What a file holds, or a descriptor that stays the caller's. */
  readonly files: readonly (Uint8Array | number)[]
  /** How many there are; default: one. */
  readonly lines?: number
  /** A session of its own from the beginning. */
  readonly detached: boolean
  readonly held: (child: ChildProcess, lines: readonly Socket[]) => Held
}

/** A jail that may not be complete yet. */
export interface Held extends Pick<Jail, 'kill' | 'ended'> {
  /** Resolves when the jail is complete and its command waits at the gate. Rejects when there is no jail. */
  complete(gate: Socket): Promise<void>
}

/** Resolves when the command is about to run. Rejects with JailError; nothing is left then. */
export async function begin(spec: JailSpec, way: Way): Promise<Jail> {
  const { child, stdin, out, err, carrier } = started(spec, way)
  let listener: number | undefined
  // A program that cannot be started has no streams.
  const gate = child.stdio?.[GATE] as Socket | undefined
  const held = way.held(child, (child.stdio ?? []).slice(-(way.lines ?? 1)) as Socket[])
  const jail: Jail = {
    stdin: stdin === undefined ? undefined : stream(stdin, false),
    stdout: stream(out, true),
    stderr: stream(err, true),
    kill: held.kill,
    ended: held.ended,
  }
  try {
    if (gate == null) throw new Error(`${way.program} could not be started`)
    await held.complete(gate)
    if (carrier !== undefined) listener = way.descriptors.handedOver(carrier)
    if (spec.net === true && listener === undefined) throw new Error('it has no port that leads out')
    if (!spec.wanted()) throw new JailError('failed', 'it was cancelled before it ran')
    // The command runs from here on.
    gate.end('go\n')
    return { ...jail, listener }
  } catch (error) {
    if (listener !== undefined) closeSync(listener)
    jail.kill()
    const complaint = await complaintOf(jail)
    // A program that this process killed, or somebody else, has no code.
    const { code } = await jail.ended
    jail.stdin?.destroy()
    jail.stdout.destroy()
    if (error instanceof JailError) throw error
    const [, closed] = /^(?:bwrap: Can't find source path )?(\/.*): Permission denied$/.exec(complaint) ?? []
    if (closed !== undefined && spec.binds.some(({ path }) => path === closed))
      throw new JailError('bad_path', closedAbove(closed))
    const why = `no jail could be built: ${complaint || (error as Error).message}`
    throw new JailError('no_sandbox', why, code !== null)
  } finally {
    if (carrier !== undefined) closeSync(carrier)
  }
}

interface Started {
  readonly child: ChildProcess
  /** This side's ends of the streams. */
  readonly stdin: number | undefined
  readonly out: number
  readonly err: number
  /** On which the jail hands its listening socket over. */
  readonly carrier: number | undefined
}

function started(spec: JailSpec, way: Way): Started {
  const { descriptors, program, detached } = way
  const first = firstSecret(spec) + spec.secrets.length
  const owner = process.getuid?.() === 0 ? NOBODY : undefined
  const given: number[] = []
  /** This side's ends of the pipes, until there is a jail that has them. */
  const kept: number[] = []
  const memory = (name: string, bytes: Uint8Array): number => {
    const descriptor = descriptors.memoryFile(name, bytes, owner)
    given.push(descriptor)
    return descriptor
  }
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
    const pair = spec.net === true ? descriptors.socketPair() : undefined
    if (pair !== undefined) {
      kept.push(pair.near)
      given.push(pair.far)
    }
    const secrets = spec.secrets.map((bytes) => memory('secret', bytes))
    const stdio = [
      input === undefined ? ('ignore' as const) : input.read,
      output.write,
      errors.write,
      'pipe' as const,
      ...(pair === undefined ? [] : [pair.far]),
      ...secrets,
      ...way.files.map((one) => (typeof one === 'number' ? one : memory('karo', one))),
      ...Array.from({ length: way.lines ?? 1 }, () => 'pipe' as const),
    ]
    const child = spawn(program, way.words(first), {
      stdio,
      cwd: '/',
      env: {},
      detached,
      ...(owner !== undefined && { uid: owner, gid: owner }),
    })
    return { child, stdin: input?.write, out: output.read, err: errors.read, carrier: pair?.near }
  } catch (error) {
    for (const descriptor of kept) closeSync(descriptor)
    throw new JailError('no_sandbox', `no jail could be begun: ${(error as Error).message}`)
  } finally {
    for (const descriptor of given) closeSync(descriptor)
  }
}

function stream(fd: number, readable: boolean): Socket {
  const socket = new Socket({ fd, readable, writable: !readable })
  // The other end is gone, which the jail's end tells.
  socket.on('error', () => {})
  return socket
}

/** How the program ended; neither code nor signal where it could not be started. Never rejects. */
export function exitOf(child: ChildProcess): Jail['ended'] {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}

/** The first group of `pattern` in what comes from the socket, which stays open. Rejects when it ends before. */
export function heard(socket: Readable, pattern: RegExp): Promise<string> {
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

/** The last line of what the program said on the jail's standard error before it ended. */
export async function complaintOf({ stderr, ended }: Pick<Jail, 'stderr' | 'ended'>): Promise<string> {
  void ended.then(() => setTimeout(() => stderr.destroy(), COMPLAINT_MS).unref())
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
