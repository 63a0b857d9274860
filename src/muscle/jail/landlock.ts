// Jails by Landlock, where bubblewrap is missing: in the namespaces of the machine, seeing only what rules allow. What it cannot hold it refuses.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { seccompFilter, TASK_LIMIT } from '../seccomp/filter.ts'
import { begin, exitOf, type Held, heard, NOBODY } from './begin.ts'
import { heldOf } from './code.ts'
import { LAUNCHER } from './landlock-launcher.ts'
import { markOf } from './leftovers.ts'
import { isIn, judgePlaces, type Places } from './places.ts'
import { JailError, type JailSpec, type Provider } from './provider.ts'
import { PATH, SYSTEM_FILES, SYSTEM_ROOTS } from './system.ts'
import { createTaskLimits } from './task-limits.ts'

/** The first version that keeps signals and abstract sockets inside (Linux 6.12). */
const LEAST_VERSION = 6
const BUILD_MS = 60_000

// linux/landlock.h: what a rule may allow. Files have the first ones alone.
const EXECUTE = 1 << 0
const WRITE_FILE = 1 << 1
const READ_FILE = 1 << 2
const READ_DIR = 1 << 3
const REMOVE_DIR = 1 << 4
const REMOVE_FILE = 1 << 5
const MAKE_DIR = 1 << 7
const MAKE_REG = 1 << 8
const MAKE_FIFO = 1 << 10
const MAKE_SYM = 1 << 12
const REFER = 1 << 13
const TRUNCATE = 1 << 14
/** Every right there is in version 6, so that what no rule allows is refused: 16 of files, both of TCP, both scopes. */
const ALL = { files: 0xffff, network: 3, scopes: 3 }

const READ = EXECUTE | READ_FILE | READ_DIR
const CHANGE =
  WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM | REFER
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

const DEVICES: Readonly<Record<string, number>> = {
  '/dev/null': READ_FILE | WRITE_FILE | TRUNCATE,
  '/dev/zero': READ_FILE | WRITE_FILE,
  '/dev/full': READ_FILE | WRITE_FILE,
  '/dev/random': READ_FILE,
  '/dev/urandom': READ_FILE,
}

/** Where these are missing programs go on; where they are refused some end. They hold no secrets. */
const EXPECTED = ['/etc/ssl/openssl.cnf', '/etc/nsswitch.conf', '/etc/host.conf']

/** Numbers of prctl(2), prlimit64(2) and setsid(2), by machine. */
const CALLS = { x64: [157, 302, 112], arm64: [167, 261, 157] } as const
/** RLIMIT_ of asm-generic/resource.h. */
const LIMIT = { cpu: 0, fsize: 1, data: 2, core: 4, nofile: 7, memlock: 8 }
const OPEN_FILES = 1024

export interface LandlockDeps {
  readonly descriptors: Descriptors
  readonly socket: string
  /** Directories of Karo that no jail sees. */
  readonly closed: readonly string[]
  /** Of the kernel; 0 where there is none. */
  readonly version: number
  readonly timers: Timers
  readonly program?: string
  readonly machine?: string
}

export function createLandlock(deps: LandlockDeps): Provider {
  const { descriptors, version, program = '/usr/bin/perl', machine = process.arch } = deps
  const filter = seccompFilter(machine, 'shared')
  const uid = process.getuid?.() ?? NOBODY
  const tasks = createTaskLimits(uid === 0 ? NOBODY : uid, deps.timers)
  const calls = machine in CALLS ? CALLS[machine as keyof typeof CALLS] : undefined

  function problem(): string | undefined {
    if (filter === undefined || calls === undefined) return `there is no seccomp filter for ${machine}`
    if (version === 0) return 'the kernel has no Landlock, or it is switched off'
    if (version < LEAST_VERSION)
      return `the kernel's Landlock is version ${version}; it takes version ${LEAST_VERSION} (Linux 6.12)`
    try {
      accessSync(program, constants.X_OK)
      return undefined
    } catch {
      return `there is no ${program}; install the package perl-base`
    }
  }

  return {
    name: 'landlock',
    cannot: [
      'a job can ask whether a path exists, how large it is, when it changed and where a link leads, anywhere that its user may look',
      'a job can tell which process numbers are in use, and reads no more of other processes',
      'processes are counted for the user and compared once a second: in between a job has the room that others of the user left, and lacks what they took',
      'nothing of its own to write (home, /tmp, /dev/shm), no /proc, no socket, no chmod; a place with keys or tool settings is refused',
    ],
    // The keepers of a jail see that their Muscle is gone and end the jail, so that the next Muscle finds nothing.
    endLeftovers: () => 0,
    problem,
    async start(spec) {
      const why = problem()
      if (filter === undefined || calls === undefined || why !== undefined)
        throw new JailError('no_sandbox', why ?? 'there is no filter')
      if (spec.net)
        throw new JailError(
          'no_sandbox',
          'it may connect to places of the network, and a jail by Landlock makes no sockets; install the package bubblewrap',
        )
      const places = judgePlaces(spec.binds, deps.closed)
      refuseUnkept(spec, places)
      const rules = rulesOf(places)
      const limits = limitsOf(spec, tasks.first(spec.limits.tasks))
      const code = await heldOf(spec, places, machine)
      return begin(spec, {
        descriptors,
        program,
        detached: true,
        files: [...code, filter],
        words: (first) => [
          ...['-e', LAUNCHER, '--', markOf(deps.socket), code.length, first + code.length + 1, ...calls].map(
            String,
          ),
          ...listed([ALL.files, ALL.network, ALL.scopes, ...rules]),
          ...listed(limits),
          ...listed(
            Object.entries({ PATH, HOME: '/nonexistent', USER: 'job', LOGNAME: 'job', ...spec.env }).flat(),
          ),
          ...[spec.cwd, ...spec.argv],
        ],
        held(child, [line]) {
          const held = hold(child, line)
          // The keeper is of the same user as the jail, for whose limits a Muscle of root may lack the right.
          const tell = (pid: number, most: number) => void (line?.writable && line.write(`${pid} ${most}\n`))
          if (child.pid !== undefined) void held.ended.then(tasks.follow(child.pid, spec.limits.tasks, tell))
          return held
        },
      })
    },
  }
}

const listed = (words: readonly (string | number)[]): string[] => [String(words.length), ...words.map(String)]

/** Rules of Landlock only add up: what lies below a given place has its rights too. Where less was meant, nothing is given. */
function refuseUnkept({ cwd }: JailSpec, { binds, hidden, fixed }: Places): void {
  const covered = hidden[0]?.path ?? fixed[0]
  if (covered !== undefined)
    throw new JailError(
      'bad_path',
      `${covered} has to be covered inside a jail, which takes bubblewrap; Landlock cannot`,
    )
  const narrower = binds.find(
    ({ path, write }) => !write && binds.some((other) => other.write && isIn(path, other.path)),
  )
  if (narrower !== undefined)
    throw new JailError(
      'bad_path',
      `${narrower.path} lies in a place for writing; to keep it read-only takes bubblewrap`,
    )
  const seen = ['/usr', ...SYSTEM_ROOTS, ...binds.map(({ path }) => path)]
  if (cwd !== '/' && !seen.some((place) => isIn(cwd, place)))
    throw new JailError('bad_path', `${cwd} is no directory of this jail; give it, or begin in /`)
}

/** Rights, path, device and inode of each place. */
function rulesOf({ binds }: Places): (string | number)[] {
  const system = ['/usr', ...SYSTEM_ROOTS, ...SYSTEM_FILES, ...EXPECTED].filter((path) => existsSync(path))
  return [
    ...system.flatMap((path) => [statSync(path).isDirectory() ? READ : READ & OF_FILES, path, '', '']),
    ...Object.entries(DEVICES).flatMap(([path, rights]) => [rights, path, '', '']),
    ...binds.flatMap(({ path, write, device, inode }) => {
      const rights = write ? READ | CHANGE : READ
      return [statSync(path).isDirectory() ? rights : rights & OF_FILES, path, device, inode]
    }),
  ]
}

/** Number, soft and hard limit of each. That of tasks keeps the hard one that there is, and the filter keeps a job from raising the soft one. */
function limitsOf({ limits }: JailSpec, tasks: number): (string | number)[] {
  const both = (resource: number, most: number): number[] => [resource, most, most]
  return [
    ...[both(LIMIT.core, 0), both(LIMIT.memlock, 0), both(LIMIT.nofile, OPEN_FILES)].flat(),
    // The signal of the soft limit says why a command ended; that of the hard one does not.
    ...[LIMIT.cpu, limits.cpu_seconds, limits.cpu_seconds + 1, ...both(LIMIT.fsize, limits.disk_bytes)],
    ...[...both(LIMIT.data, limits.memory_bytes), TASK_LIMIT, tasks, ''],
  ]
}

/** Both keepers hold the other end of `line` until the last process is gone. */
function hold(child: ChildProcess, line: Socket | undefined): Held {
  const released = new Promise<void>((resolve) => {
    if (line == null) return resolve()
    line.on('error', () => {})
    line.once('close', () => resolve())
    line.resume()
  })
  return {
    // The keepers end the jail when this end of their line is gone.
    kill: () => void line?.end(),
    ended: exitOf(child).then(async (how) => {
      await released
      return how
    }),
    async complete(gate) {
      const over = once(child, 'exit', { signal: AbortSignal.timeout(BUILD_MS) })
      over.catch(() => {})
      const told = await Promise.race([heard(gate, /^(.*)\n/), over])
      if (typeof told !== 'string') throw new Error('it ended')
      if (told !== 'ready')
        throw new JailError(
          'bad_path',
          `${told.replace(/^moved /, '')} was replaced while the jail was built`,
        )
    },
  }
}
