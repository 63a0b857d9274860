// Attempts to get out of a jail, made from inside: each tells whether the jail held. The program of a probe, never of a job.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadLibc } from '../../base/kernel/libc.ts'
import type { ProbeOutcome } from '../contract/messages.ts'
import { DENIED, JUDGED, type Machine } from '../seccomp/syscalls.ts'

/** What the probe has put up outside for the attempts to reach. */
export interface Bait {
  /** A file that everybody may read. */
  readonly file: string
  /** A name in the abstract namespace of Unix sockets, and a TCP port on loopback (0 if none could be listened on). */
  readonly socket: string
  readonly port: number
  /** Limits that the jail has. */
  readonly memory: number
  readonly disk: number
  readonly tasks: number
  /** An argument by which a process that is left behind is found. */
  readonly mark: string
}

type Attempt = (bait: Bait, call: Syscall) => ProbeOutcome | Promise<ProbeOutcome>
/** Makes a system call; the error number, or 0 when it was done. */
type Syscall = (number: number, ...args: readonly number[]) => number

const held = (detail: string): ProbeOutcome => ({ held: true, detail })
const open = (detail: string): ProbeOutcome => ({ held: false, detail })

/** How often a process is begun that is to be left behind, and milliseconds between. */
const ORPHAN_TRIES = 30
const ORPHAN_AGAIN_MS = 100

const EPERM = 1
const ENOSYS = 38
const CLONE_NEWUSER = 0x1000_0000
const TIOCSTI = 0x5412
/** Netlink, packet and VM sockets. */
const FAMILIES = { netlink: 16, packet: 17, vsock: 40 } as const

const machine = process.arch as Machine

/** By the names that the rows of `karo doctor` have. */
export const ATTEMPTS = {
  read_host: ({ file }) =>
    firstThat([file, '/etc/shadow', '/root', '/var/lib', '/run'], (path) => read(path)),
  // Missing rights would refuse it outside of a jail, too: inside, the file system itself is read-only.
  write_system: () => {
    const places = ['/usr/karo-probe', '/etc/karo-probe', '/karo-probe', '/dev/karo-probe']
    const writable = places.filter((path) => errorOf(() => writeFileSync(path, '')) !== 'EROFS')
    return writable.length === 0 ? held(places.join(', ')) : open(`not read-only: ${writable.join(', ')}`)
  },
  devices: () =>
    firstThat(['/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/kvm', '/dev/fuse'], (path) =>
      read(path),
    ),
  network: async ({ port }) => {
    // Two lines of titles, then one for each interface; loopback is the jail's own.
    const lines = readFileSync('/proc/net/dev', 'utf8').trim().split('\n').slice(2)
    if (lines.some((line) => !line.trim().startsWith('lo:')))
      return open('the jail has an interface of the network')
    const reached = await reaches({ host: '127.0.0.1', port: port || 1 })
    return reached
      ? open('a port of this machine was reached')
      : held('no interface, and no port of this machine')
  },
  abstract_socket: async ({ socket }) =>
    (await reaches({ path: `\0${socket}` })) ? open('an abstract socket was reached') : held('not reached'),
  other_processes: () => {
    const seen = readdirOf('/proc').filter((name) => /^\d+$/.test(name)).length
    return seen <= 8 ? held(`${seen} processes are seen, of this jail`) : open(`${seen} processes are seen`)
  },
  ptrace: (_, call) => refused(call(DENIED[machine].ptrace as number, 0, 0, 0, 0), 'ptrace'),
  user_namespace: (_, call) => {
    const calls = [
      call(DENIED[machine].unshare as number, CLONE_NEWUSER),
      call(JUDGED[machine].clone, CLONE_NEWUSER, 0, 0, 0, 0),
    ]
    if (call(JUDGED[machine].clone3, 0, 0) !== ENOSYS) return open('clone3 is there')
    return refused(calls.find((errno) => errno !== EPERM) ?? EPERM, 'a user namespace')
  },
  io_uring: (_, call) => refused(call(DENIED[machine].io_uring_setup as number, 1, 0), 'io_uring'),
  kernel_calls: (_, call) => {
    const names = [
      'bpf',
      'userfaultfd',
      'perf_event_open',
      'keyctl',
      'add_key',
      'mount',
      'kexec_load',
      'init_module',
    ]
    const passed = names.filter((name) => call(DENIED[machine][name] as number, 0, 0, 0, 0, 0) !== EPERM)
    return passed.length === 0 ? held(names.join(', ')) : open(`not refused: ${passed.join(', ')}`)
  },
  socket_families: (_, call) => {
    const passed = Object.entries(FAMILIES).filter(
      ([, family]) => call(JUDGED[machine].socket, family, 3, 0) === 0,
    )
    return passed.length === 0
      ? held(Object.keys(FAMILIES).join(', '))
      : open(`made: ${passed.map(([name]) => name).join(', ')}`)
  },
  typing: (_, call) => refused(call(JUDGED[machine].ioctl, 0, TIOCSTI, 0), 'typing at a terminal'),
  privileges: (_, call) => {
    const status = readFileSync('/proc/self/status', 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? ''
    if (field('NoNewPrivs') !== '1') return open('a set-uid program would give its rights')
    if (!/^0+$/.test(field('CapEff') + field('CapPrm') + field('CapBnd')))
      return open('capabilities are left')
    if (field('Seccomp') !== '2') return open('no filter for system calls is in force')
    // setuid(2), by the number that each machine has for it.
    return call(machine === 'x64' ? 105 : 146, 0) === 0
      ? open('uid 0 was taken')
      : held('no capability, and none to gain')
  },
  memory: ({ memory }) => {
    try {
      const bytes = Buffer.alloc(memory + 64 * 1024 * 1024, 1)
      return open(`${bytes.length} bytes were given`)
    } catch {
      return held('more than the limit is not given')
    }
  },
  // Several files, because one alone has a limit of its own.
  disk: ({ disk }) => {
    const half = Buffer.alloc(disk / 2)
    try {
      for (const name of ['a', 'b', 'c']) writeFileSync(`/tmp/${name}`, half)
      return open('/tmp holds more than the limit')
    } catch {
      return held('/tmp is full at the limit')
    }
  },
  fork_bomb: async ({ tasks }) => {
    const children: ChildProcess[] = []
    for (; children.length <= tasks; ) {
      const child = spawn('/usr/bin/sleep', ['60'], { stdio: 'ignore' })
      const failed = once(child, 'error').then(() => true)
      if (await Promise.race([failed, once(child, 'spawn').then(() => false)]).catch(() => true)) break
      children.push(child)
    }
    const begun = children.length
    // The next attempt begins a process of its own.
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(over))
    return begun < tasks ? held(`no more than ${tasks} tasks`) : open(`${begun} processes were begun`)
  },
  // The probe looks from outside whether this one is left when the jail is gone.
  orphan: async ({ mark }) => {
    // The kernel counts tasks by user, and other jails of this one may have theirs at this moment.
    for (let tries = 0; tries < ORPHAN_TRIES; tries++) {
      const left = spawn('/usr/bin/sleep', [mark], { stdio: 'ignore', detached: true })
      const begun = await once(left, 'spawn').then(
        () => true,
        () => false,
      )
      left.unref()
      if (begun) return held('one process was left behind on purpose')
      await sleep(ORPHAN_AGAIN_MS)
    }
    return open('no process could be begun to be left behind')
  },
} as const satisfies Readonly<Record<string, Attempt>>

/** Runs every attempt; one that fails in an unforeseen way counts as not held. Prints one line of JSON. */
export async function attemptAll(bait: Bait, write: (line: string) => void): Promise<void> {
  const { koffi, libc } = await loadLibc()
  const syscall = libc.func('long syscall(long number, long a, long b, long c, long d, long e, long f)')
  const call: Syscall = (number, ...args) => {
    const all = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6)
    return syscall(number, ...all) === -1 ? koffi.errno() : 0
  }
  const results: Record<string, ProbeOutcome> = {}
  for (const [name, attempt] of Object.entries<Attempt>(ATTEMPTS)) {
    try {
      results[name] = await attempt(bait, call)
    } catch (error) {
      results[name] = open(`it could not be tried: ${(error as Error).message}`.slice(0, 512))
    }
  }
  write(`${JSON.stringify(results)}\n`)
}

function firstThat(paths: readonly string[], attempt: (path: string) => void): ProbeOutcome {
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

const over = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** The system's code of the error; undefined when it was done. */
function errorOf(attempt: () => void): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** Throws for what is not there, may not be read, or is an empty directory. */
function read(path: string): void {
  const file = openSync(path, 'r')
  closeSync(file)
  if (readdirOf(path).length === 0 && !isFile(path)) throw new Error('there is nothing in it')
}

function readdirOf(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function isFile(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EISDIR'
  }
}

const refused = (errno: number, what: string): ProbeOutcome =>
  errno === EPERM ? held(`${what} is refused`) : open(`${what}: ${errno === 0 ? 'done' : `errno ${errno}`}`)

async function reaches(where: NetConnectOpts): Promise<boolean> {
  const socket = connect(where)
  const reached = once(socket, 'connect').then(() => true)
  const failed = once(socket, 'error').then(() => false)
  return Promise.race([reached, failed])
    .catch(() => false)
    .finally(() => socket.destroy())
}
