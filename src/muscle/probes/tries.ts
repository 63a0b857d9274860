// What attempts to get out of a jail are made of: the bait outside, calls of the system, and what each of them tells.
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { orElse } from '../../base/run/or-else.ts'
import type { ProbeOutcome, ProviderName } from '../contract/messages.ts'

const EPERM = 1

/**
 * A program of Perl, for the sequence that makes the kernel send SIGHUP to the process group it was started in: it stops a process there, leaves
 * another one, which sleeps, in a session of its own, and leaves the group itself. Its argument is how many seconds to sleep.
 */
export const HANG_UP = `
use POSIX ();
my $seconds = shift;
my $stopped = fork // exit 1;
if ($stopped == 0) { kill STOP => $$; exit }
# Its end closes when the process that is to be left has become what sleeps.
pipe my $ready, my $end;
my $left = fork // (kill(KILL => $stopped), exit 1);
if ($left == 0) { POSIX::setsid(); exec '/usr/bin/sleep', $seconds }
close $end;
waitpid $stopped, POSIX::WUNTRACED();
sysread $ready, my $nothing, 1;
setpgrp 0, 0;
`
/** By which the process that it leaves is found. */
export const hangUpMark = (mark: string): string => `${mark}1`

/** What the probe has put up outside for the attempts to reach. */
export interface Bait {
  /** How this jail is built. */
  readonly provider: ProviderName
  /** A file that everybody may read and write. */
  readonly file: string
  readonly content: string
  /** A link to it, in a directory that the jail is given for writing. */
  readonly link: string
  /** A name in the abstract namespace of Unix sockets, and a socket at a path that everybody may connect to. */
  readonly socket: string
  readonly path: string
  /** Ports on loopback, of TCP (0 if none could be listened on) and UDP. */
  readonly port: number
  readonly udp: number
  /** A process outside, of the user who builds the jail, and the name of the namespace of its shared memory. */
  readonly pid: number
  readonly ipc: string
  /** Limits that the jail has. */
  readonly memory: number
  readonly disk: number
  readonly tasks: number
  /** An argument by which a process that is left behind is found. */
  readonly mark: string
}

export type Attempt = (bait: Bait, call: Syscall, kernel: Kernel) => ProbeOutcome | Promise<ProbeOutcome>
/** Makes a system call; the error number, or 0 when it was done. */
export type Syscall = (number: number, ...args: readonly number[]) => number
export interface Kernel {
  /** prctl(2): what it says, or -1. */
  prctl(option: number, argument?: number): number
  /** Effective, permitted and inheritable ones, as bits; undefined if the kernel does not say. */
  capabilities(): Buffer | undefined
}

export const held = (detail: string): ProbeOutcome => ({ held: true, detail })
/** Nothing is known of it. */
export const untried = (detail: string): ProbeOutcome => ({ held: null, detail })
export const open = (detail: string): ProbeOutcome => ({ held: false, detail })

export function firstThat(paths: readonly string[], attempt: (path: string) => void): ProbeOutcome {
  for (const path of paths) {
    try {
      attempt(path)
      return open(path)
    } catch {
      // Refused, as it should be.
    }
  }
  return held(paths.join(', '))
}

export const over = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** The system's code of the error; undefined when it was done. */
export function errorOf(attempt: () => void): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** Throws for what is not there, may not be read, or is an empty directory. */
export function read(path: string): void {
  const file = openSync(path, 'r')
  closeSync(file)
  if (readdirOf(path).length === 0 && !isFile(path)) throw new Error('there is nothing in it')
}

export function readdirOf(path: string): string[] {
  return orElse(() => readdirSync(path), [])
}

function isFile(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EISDIR'
  }
}

export const refused = (errno: number, what: string): ProbeOutcome =>
  errno === EPERM ? held(`${what} is refused`) : open(`${what}: ${errno === 0 ? 'done' : `errno ${errno}`}`)

/** Resolves when the datagram is on its way, or cannot be. */
export async function sent(port: number, text: string): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.once('error', () => resolve())
    socket.send(text, port, '127.0.0.1', () => resolve())
  }).catch(() => {})
  try {
    socket.close()
  } catch {
    // It was never open.
  }
}

export async function reaches(where: NetConnectOpts): Promise<boolean> {
  const socket = connect(where)
  const reached = once(socket, 'connect').then(() => true)
  const failed = once(socket, 'error').then(() => false)
  return Promise.race([reached, failed])
    .catch(() => false)
    .finally(() => socket.destroy())
}
