// Jails by bubblewrap: namespaces of their own for everything, an empty home, a read-only system, no network, a seccomp filter.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, lstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { seccompFilter } from '../seccomp/filter.ts'
import { begin, exitOf, type Held, heard } from './begin.ts'
import { argumentsOf, GROUP, PASSWD } from './bwrap-arguments.ts'
import { heldOf } from './code.ts'
import { endLeftovers, markOf } from './leftovers.ts'
import { judgePlaces, type Place, type Places } from './places.ts'
import { isThere, type Process, processOf, stateOf } from './process.ts'
import { JailError, type Provider } from './provider.ts'

/** Milliseconds until a jail has to be complete; building one takes a few, and seconds where the machine is slow and busy. */
const BUILD_MS = 60_000
/** Milliseconds between looks at whether the last process is gone. */
const LOOK_MS = 2

interface BwrapDeps {
  readonly descriptors: Descriptors
  /** Of the Muscle, so that the next one there finds what a killed one left. */
  readonly socket: string
  /** Directories of Karo that no jail sees. */
  readonly closed: readonly string[]
  /** Version of the kernel's Landlock; 0 where there is none. */
  readonly landlock: number
  /** Of bubblewrap; not looked for in PATH, which may be a person's. */
  readonly program?: string
  /** Of the machine's files, another one in tests. */
  readonly root?: string
  readonly machine?: string
}

export function createBwrap(deps: BwrapDeps): Provider {
  const { descriptors, program = '/usr/bin/bwrap', machine = process.arch } = deps
  const filter = seccompFilter(machine, 'own')
  const mark = markOf(deps.socket)
  return {
    name: 'bwrap',
    get cannot() {
      return handingOver(deps)
    },
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
      const places = judgePlaces(spec.binds, deps.closed)
      const keepsSockets = handingOver(deps).length === 0
      const held = await heldOf(spec, places, machine, { isPossible: keepsSockets })
      return begin(spec, {
        descriptors,
        program,
        detached: false,
        files: [filter, PASSWD, GROUP, ...held],
        words: (first) =>
          argumentsOf(spec, places, { first, holds: held.length > 0, mark, machine, keepsSockets }),
        held: (child, [line]) => hold(child, line, places),
      })
    },
  }
}

const PERL = '/usr/bin/perl'
/** The first version of Landlock that lets files be moved between directories. */
const LEAST_LANDLOCK = 2

/**
 * What jails do not hold where the machine has not what it takes: they can make sockets in places of the machine, and what they run as code is only
 * compared. Empty where it has.
 */
export function handingOver({
  landlock,
  root = '',
}: Pick<BwrapDeps, 'landlock' | 'root'>): readonly string[] {
  const isOld = landlock < LEAST_LANDLOCK
  if (!isOld && existsSync(`${root}${PERL}`)) return []
  const version =
    landlock === 0 ? 'there is no Landlock, or it is refused' : `Landlock is version ${landlock}`
  const missing = isOld
    ? `${version}, and it takes version ${LEAST_LANDLOCK} (Linux 5.19)`
    : `there is no ${PERL}`
  return [
    `jails that are given the same place can hand each other what they have opened, by a socket in it: ${missing}`,
    `what a job runs as code is compared before its jail is built, and not held: ${missing}`,
  ]
}

/** `child` is bubblewrap, which tells the number of the first process of the jail on `line`. `shared`: below which the places are inside. */
export function hold(child: ChildProcess, line: Socket | undefined, places: Places, shared = ''): Held {
  /** The first process of the jail, as seen from outside. */
  let inner: Process | undefined
  const rootOf = ({ pid }: Process): string => `/proc/${pid}/root${shared}`
  return {
    kill() {
      child.kill('SIGKILL')
      // While the jail is built, its first process does not end with bubblewrap yet.
      try {
        if (inner !== undefined && isThere(inner)) process.kill(inner.pid, 'SIGKILL')
      } catch {
        // It has ended between the look and the signal.
      }
    },
    ended: exitOf(child).then(async (how) => {
      // The kernel has killed the first process of the jail with bubblewrap, and everything in it with that.
      while (inner !== undefined && isThere(inner)) await sleep(LOOK_MS)
      return how
    }),
    async complete(gate) {
      if (line === undefined) throw new Error('bubblewrap could not be started')
      const late = AbortSignal.timeout(BUILD_MS)
      const over = once(child, 'exit', { signal: late })
      over.catch(() => {})
      const told = async (socket: Socket, pattern: RegExp): Promise<string> => {
        // The end of the socket is followed by that of bubblewrap, whose code tells why.
        const text = await Promise.race([heard(socket, pattern).catch(() => over), over])
        if (typeof text !== 'string') throw new Error('it ended')
        return text
      }
      const first = processOf(Number(await told(line, /"child-pid": (\d+)\D/)))
      inner = first
      await told(gate, /^(\n)/)
      // What it sees is compared with what was judged.
      for (const place of places.binds) {
        if (!isSame(place, rootOf(first) + place.path))
          throw new JailError('bad_path', `${place.path} was replaced while the jail was built`)
      }
      // Asleep, it waits for the command, and ends with bubblewrap from now on.
      while (stateOf(first.pid) !== 'S') {
        if (late.aborted || !isThere(first)) throw new Error('its first process does not wait')
        await sleep(LOOK_MS)
      }
    },
  }
}

function isSame({ device, inode }: Place, path: string): boolean {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && String(stat.dev) === device && String(stat.ino) === inode
}
