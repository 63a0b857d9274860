// Jails in units of systemd: a jail by bubblewrap, of which a cgroup of its own counts memory and tasks together. Where systemd is PID 1.
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { orElse } from '../../base/run/or-else.ts'
import { seccompFilter } from '../seccomp/filter.ts'
import { begin, exitOf, type Held, NOBODY } from './begin.ts'
import { type BwrapDeps, createBwrap, handingOver, hold } from './bwrap.ts'
import { argumentsOf, GROUP, PASSWD } from './bwrap-arguments.ts'
import { endLeftovers, markOf } from './leftovers.ts'
import { judgePlaces } from './places.ts'
import { JailError, type JailSpec, type Provider } from './provider.ts'
import { CALLS, KEEPER_WORD, SENDER } from './systemd-launcher.ts'

const RUN = '/usr/bin/systemd-run'
const PERL = '/usr/bin/perl'
/** The keeper, and both processes of bubblewrap: tasks of the unit that are not the job's. */
const OWN_TASKS = 3
const MEBIBYTE = 1024 * 1024
/** For the keeper and bubblewrap. */
const OWN_BYTES = 32 * MEBIBYTE
/** Directories in memory that a jail has, which its cgroup counts. */
const DIRECTORIES = 3
/** Seconds that a unit may last longer than its job: the Muscle ends it, and systemd only where that does not happen. */
const SPARE_SECONDS = 30
/** Milliseconds from a kill until systemd-run is killed too: a manager that hangs never tells it that the unit is over. */
const UNTOLD_MS = 3_000

/** As karo-exec.service has them: bubblewrap works inside of them. A person's manager has the rights for these, and lacks those for HARDENING_BY_ROOT. */
const HARDENING = [
  'NoNewPrivileges=yes',
  'SystemCallArchitectures=native',
  'RestrictAddressFamilies=AF_UNIX AF_NETLINK',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'KeyringMode=private',
  'LimitCORE=0',
]
const HARDENING_BY_ROOT = [
  ...['CapabilityBoundingSet=', 'PrivateNetwork=yes', 'PrivateIPC=yes', 'PrivateMounts=yes'],
  ...['PrivateDevices=yes', 'DevicePolicy=closed', 'IPAddressDeny=any', 'ProtectKernelModules=yes'],
  `User=${NOBODY}`,
  `Group=${NOBODY}`,
]

export function createSystemd(deps: BwrapDeps & { readonly uid?: number }): Provider {
  const { descriptors, program = '/usr/bin/bwrap', machine = process.arch } = deps
  const { uid = process.getuid?.() ?? NOBODY, root = '' } = deps
  const filter = seccompFilter(machine, 'own')
  const mark = markOf(deps.socket)
  const calls = machine in CALLS ? CALLS[machine as keyof typeof CALLS] : undefined
  const runtime = `/run/user/${uid}`

  function problem(): string | undefined {
    if (!existsSync(`${root}/run/systemd/system`)) return 'systemd does not run this machine'
    if (uid !== 0 && !existsSync(`${root}${runtime}/bus`))
      return `this user has no systemd of its own (${runtime}/bus), and that of the machine starts units for root alone`
    const missing = [RUN, PERL].find((path) => !existsSync(`${root}${path}`))
    if (missing !== undefined) return `there is no ${missing}`
    return createBwrap(deps).problem()
  }

  return {
    name: 'systemd',
    get cannot() {
      return problem() === undefined ? [...handingOver(deps), ...uncounted(uid, root)] : []
    },
    // The keeper of a unit ends it with its Muscle, unless somebody has stopped the keeper.
    endLeftovers: () => endLeftovers(mark, PERL),
    problem,
    async start(spec) {
      const why = problem()
      if (filter === undefined || calls === undefined || why !== undefined)
        throw new JailError('no_sandbox', why ?? `there is no seccomp filter for ${machine}`)
      const places = judgePlaces(spec.binds, deps.closed)
      const [send, receive] = calls
      const keepsSockets = handingOver(deps).length === 0
      const wordsOf = (first: number) => argumentsOf(spec, places, { first, mark, machine, keepsSockets })
      return begin(spec, {
        descriptors,
        program: PERL,
        detached: false,
        asks: true as const,
        // What a job is does not stand in its unit, which everybody may ask systemd about.
        files: (first) => [
          ...[filter, PASSWD, GROUP],
          Buffer.from(`${[program, ...wordsOf(first)].join('\0')}\0`),
        ],
        words: (first) => [
          ...['-e', SENDER, '--', String(send), String(first + 4)],
          ...['/usr/bin/env', `XDG_RUNTIME_DIR=${runtime}`, `${root}${RUN}`, ...unitOf(spec, uid, mark)],
          // Perl obeys many variables, and those of the manager are a person's.
          ...['--', '/usr/bin/env', '-i', PERL, '-e', KEEPER_WORD, '--', String(receive), mark],
        ],
        held: (child, line) => hold(child, line, places, outerOf(child, line)),
      })
    },
  }
}

/** The unit as systemd-run makes it, up to its command. No text of a request is in it. */
function unitOf({ limits }: JailSpec, uid: number, mark: string): string[] {
  const properties = [
    ...HARDENING,
    ...(uid === 0 ? HARDENING_BY_ROOT : []),
    // Its main process ends for whatever reason: systemd kills the others at once.
    ...['KillMode=control-group', 'KillSignal=SIGKILL', 'OOMPolicy=continue', 'MemorySwapMax=0'],
    `MemoryMax=${limits.memory_bytes + DIRECTORIES * limits.disk_bytes + OWN_BYTES}`,
    `TasksMax=${limits.tasks + OWN_TASKS}`,
    `RuntimeMaxSec=${Math.ceil(limits.wall_ms / 1000) + SPARE_SECONDS}`,
  ]
  return [
    ...[uid === 0 ? '--system' : '--user', '--quiet', '--no-ask-password', '--pipe', '--wait', '--collect'],
    ...[`--unit=${mark}-${randomUUID()}.service`, '--slice=karo-jails.slice', '--service-type=exec'],
    ...['--description=A jail of Karo', ...properties.map((property) => `--property=${property}`)],
  ]
}

/** The unit ends when its keeper sees the end of `line`, which it holds as long as it lives; `child` waits for the end of the unit. */
function outerOf(child: ChildProcess, line: Socket | undefined): Pick<Held, 'kill' | 'ended'> {
  let [told, killed] = ['', false]
  const isKept = (): boolean => told.includes('kept')
  const released = new Promise<void>((resolve) => {
    if (line == null) return resolve()
    line.on('data', (piece) => {
      told = (told + String(piece)).slice(0, 1024)
    })
    line.on('error', () => {})
    line.once('close', () => resolve())
  })
  // When systemd-run has ended, nothing tells the end of the unit any more: the line is closed, so that the keeper ends.
  const exit = exitOf(child).finally(() => line?.end())
  return {
    kill() {
      killed ||= child.exitCode === null
      line?.end()
      setTimeout(() => {
        child.kill('SIGKILL')
        // A keeper that begins now finds the line closed and ends; no command runs without the word of the Muscle.
        if (!isKept()) line?.destroy()
      }, UNTOLD_MS).unref()
    },
    ended: exit.then(async ({ code }) => {
      await released
      const [, ended] = /ended (\d+)/.exec(told) ?? []
      // Bubblewrap whose first process was killed ends with a code, as if it had ended by itself.
      if (!killed && ended !== undefined) return { code: Number(ended), signal: null }
      // Systemd-run says why there is no keeper. One that was there says nothing where it or bubblewrap was killed.
      return killed || isKept() ? { code: null, signal: 'SIGKILL' } : { code, signal: null }
    }),
  }
}

/**
 * What no cgroup counts here: in a hierarchy of the first version each controller has a directory, which the system's manager alone may use;
 * in the second one the system's manager has those that there are, and a person's those that were delegated.
 */
function uncounted(uid: number, root: string): readonly string[] {
  const top = `${root}/sys/fs/cgroup`
  const own = uid === 0 ? '' : `/user.slice/user-${uid}.slice/user@${uid}.service`
  let controllers = ''
  try {
    controllers = readFileSync(`${top}${own}/cgroup.controllers`, 'utf8')
  } catch {
    // There is no second hierarchy, or this one counts nothing.
  }
  const isUnified = (name: string): boolean => controllers.trim().split(' ').includes(name)
  const isCounted = (name: string): boolean =>
    isUnified(name) || (uid === 0 && isWritable(`${top}/${name}/tasks`))
  const missing = ['memory', 'pids'].filter((name) => !isCounted(name))
  if (missing.length === 0)
    return isUnified('memory') || !hasSwap(root)
      ? []
      : ['what a jail has in swap is not counted: cgroups of the first version count its memory without it']
  const what = missing.map((name) => (name === 'pids' ? 'tasks' : name)).join(' and ')
  return [`no cgroup counts ${what} of a jail here, so its limits are those of a jail by bubblewrap alone`]
}

/** Behind a line of headings there is one for each file or partition that is used. */
function hasSwap(root: string): boolean {
  return orElse(() => readFileSync(`${root}/proc/swaps`, 'utf8').trim().includes('\n'), false)
}

/** False also for root where it is mounted read-only, as in containers. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
