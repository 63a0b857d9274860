// Starts the jail of a tool: what bubblewrap is told, the program that keeps the terminal inside, and the word to begin.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readFileSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { KaroError } from '../../base/errors.ts'
import { type Descriptors, openDescriptors } from '../../base/kernel/descriptors.ts'
import { landlockVersion } from '../../base/kernel/landlock.ts'
import { canRun } from '../../base/run/programs.ts'
import {
  LISTEN,
  PRCTL,
  SENDMSG,
  systemArguments,
  WAY_OUT,
  WITHOUT_SOCKETS,
} from '../../muscle/jail/bwrap-arguments.ts'
import { DENIALS } from '../../muscle/jail/denials.ts'
import { heldFile } from '../../muscle/jail/hold.ts'
import { isIn } from '../../muscle/jail/places.ts'
import { PROXY } from '../../muscle/jail/provider.ts'
import { changesFilter, seccompFilter } from '../../muscle/seccomp/filter.ts'
import type { Machine } from '../../muscle/seccomp/syscalls.ts'
import type { Plan } from './plan.ts'

const [BWRAP, PERL] = ['/usr/bin/bwrap', '/usr/bin/perl']
/** The first version of Landlock that lets files be moved between directories. */
const LEAST_LANDLOCK = 2
/** Where the hook of a tool finds who judges. */
const HOOK_SOCKET = '/run/karo/hook'
/** More of the machine than agents see: what a person's programs look for, and no secrets. */
const ALSO = [
  '/opt',
  '/nix',
  '/home/linuxbrew',
  '/etc/passwd',
  '/etc/group',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/os-release',
  '/etc/timezone',
  '/etc/inputrc',
  '/etc/terminfo',
  '/etc/gitconfig',
  '/etc/services',
  '/etc/protocols',
  '/etc/fonts',
  '/etc/ssl/openssl.cnf',
  '/etc/pki',
  '/etc/java',
  '/etc/claude-code',
  '/etc/codex',
  '/etc/gemini-cli',
  '/etc/cursor',
]
const OWN = ['/tmp', '/var/tmp', '/dev/shm']
/** Descriptors in the jail: 3 is the line to this process, 4 hands over the port. */
const [FILTER_AT, CALLS_AT] = [5, 6]

/**
 * The first program inside: leads the session, says that it is there, and starts the tool when it is told to. A tool that stops
 * (Ctrl-Z) is said on descriptor 3; a byte from there makes it go on. Its exit code, or 128 and its signal, is the jail's. What it could not
 * change is said there too: see DENIALS.
 */
const KEEPER = String.raw`
use POSIX ();
{ ${LISTEN} }
POSIX::close(4);
${DENIALS}
my $tty = shift @ARGV;
sub heard { my $byte; return (POSIX::read(3, $byte, 1) // 0) > 0 }
$SIG{TTOU} = 'IGNORE';
# The terminal becomes that of a session of its own: bubblewrap leads the one that this began in.
if ($tty) { POSIX::setsid(); ioctl(STDIN, 0x540E, 0) || exit 125 }
POSIX::write(3, "+", 1);
exit 125 unless heard();
my $pid = fork // exit 125;
if ($pid == 0) {
  if ($tty) { setpgrp(0, 0); POSIX::tcsetpgrp(0, $$) }
  $SIG{TTOU} = 'DEFAULT';
  POSIX::close(3);
  watched;
  delete $ENV{PERL_BADLANG};
  exec { $ARGV[0] } @ARGV;
  print STDERR "karo run: $ARGV[0]: $!\n";
  POSIX::_exit(126);
}
close $far;
if ($tty) { POSIX::setpgid($pid, $pid); POSIX::tcsetpgrp(0, $pid) }
while (waitpid($pid, POSIX::WUNTRACED()) == $pid) {
  my $how = ${'$'}{^CHILD_ERROR_NATIVE};
  exit(($how & 127) == 0 ? $how >> 8 : 128 + ($how & 127)) if ($how & 255) != 127;
  POSIX::write(3, "s", 1);
  exit 125 unless heard();
  POSIX::tcsetpgrp(0, $pid) if $tty;
  kill 'CONT', -$pid or kill 'CONT', $pid;
}
exit 125;
`

/** One word of the line: a stop, or a path. */
const SAID = /^(?:s|d([^\0]*)\0)/

export type Started = Awaited<ReturnType<typeof startJail>>

interface Told {
  /** Each time the tool stops; the answer lets it go on. */
  stopped(): Promise<void>
  /** A path that the tool could not change, once for each directory. A program in the jail may have made it up. */
  denied(path: string): void
}

interface Asked {
  readonly plan: Plan
  /** The end of a terminal that the tool gets. */
  readonly slave: number | undefined
  /** Names and addresses that a program inside connects to by itself, as they are the jail's own. */
  readonly near: readonly string[]
  /** The socket that the hook reaches. */
  readonly hook: string
}

/** Rejects with KaroError `refused` where no jail can be built; nothing runs then. */
export async function startJail({ plan, slave, near, hook }: Asked) {
  const filter = seccompFilter(process.arch, 'own')
  if (filter === undefined) throw noJail(`there is no seccomp filter for ${process.arch}`)
  const machine = process.arch as Machine
  for (const program of [BWRAP, PERL])
    if (!canRun(program))
      throw noJail(
        `there is no ${program}`,
        'Install it: sudo apt install bubblewrap perl-base, or dnf install bubblewrap perl-interpreter.',
      )
  const descriptors = await openDescriptors()
  const keepsSockets = (await landlockVersion()) >= LEAST_LANDLOCK
  const given: number[] = []
  const pair = descriptors.socketPair()
  const streams = slave === undefined ? pipes(descriptors, given) : undefined
  const files = [filter, heldFile([], machine, changesFilter(machine))].map((bytes) =>
    descriptors.memoryFile('karo', bytes),
  )
  given.push(...files, pair.far)
  const around = canNest() ? AROUND : []
  const words = [
    ...around,
    ...argumentsOf(plan, hook, near, keepsSockets),
    ...[PERL, '-e', KEEPER, '--', String(SENDMSG[machine]), String(PROXY.port)],
    ...[String(PRCTL[machine]), String(CALLS_AT), slave === undefined ? '' : '1', ...plan.argv],
  ]
  let complaint = ''
  try {
    const child = spawn(BWRAP, words, {
      stdio: [
        ...(streams === undefined ? [slave as number, slave as number, slave as number] : streams.theirs),
        ...['pipe' as const, pair.far, ...files],
      ],
      cwd: '/',
      env: {},
    })
    const ours = streams?.ours()
    const line = child.stdio[3] as Socket
    line.on('error', () => {})
    const note = (piece: Buffer): void => {
      complaint += String(piece)
    }
    ours?.errors.on('data', note)
    const over = once(child, 'close').then(() => {
      throw new Error('it ended')
    })
    await Promise.race([once(line, 'data'), over]).catch((error: Error) => {
      throw noJail(
        `no jail could be built: ${complaint.trim().split('\n').at(-1) || error.message}`,
        // A jail in a jail could be made, so user namespaces are not what is missing.
        around.length > 0 ? undefined : NAMESPACES,
      )
    })
    ours?.errors.off('data', note)
    ours?.errors.pause()
    const listener = descriptors.handedOver(pair.near)
    const outer = around.length > 0 ? childOf(child.pid as number) : (child.pid as number)
    const inner = childOf(outer)
    const strange = otherThanJudged(plan, inner)
    if (strange !== undefined || listener === undefined) {
      child.kill('SIGKILL')
      throw noJail(
        strange === undefined
          ? 'the jail has no port that leads out'
          : `${strange} was replaced while the jail was built`,
      )
    }
    return {
      child,
      /** Without a terminal: this side of the streams. */
      streams: ours,
      /** A socket that listens at PROXY inside. */
      listener,
      /** Processes in the namespaces around the jail and in the jail itself; undefined where nothing can be mounted later. */
      around: around.length > 0 ? { outer, inner } : undefined,
      /** From here on the tool runs. */
      begin({ stopped, denied }: Told): void {
        let rest = ''
        line.setEncoding('latin1').on('data', (piece: string) => {
          rest += piece
          for (let said = SAID.exec(rest); said !== null; said = SAID.exec(rest)) {
            rest = rest.slice(said[0].length)
            if (said[1] === undefined) void stopped().then(() => line.write('+'))
            else denied(Buffer.from(said[1], 'latin1').toString())
          }
        })
        line.write('+')
      },
    }
  } finally {
    for (const descriptor of given) closeSync(descriptor)
    closeSync(pair.near)
  }
}

/**
 * Namespaces around those of the jail, in which everything is where it is on the machine. Who made them may mount from there into the jail, which
 * the kernel allows nobody to do from outside of both.
 */
const AROUND = ['--unshare-user', '--dev-bind', '/', '/', '--die-with-parent', '--', BWRAP]

/** Whether bubblewrap may make namespaces inside of namespaces: some systems allow it the outer ones alone. */
const canNest = (): boolean =>
  spawnSync(
    BWRAP,
    [...AROUND, '--unshare-user', '--ro-bind', '/', '/', '--proc', '/proc', '--', '/bin/true'],
    {
      stdio: 'ignore',
    },
  ).status === 0

const childOf = (process: number): number =>
  Number.parseInt(readFileSync(`/proc/${process}/task/${process}/children`, 'utf8'), 10)

/** A place that is not the one inside that it is outside, or that was judged. */
function otherThanJudged({ mounts, places }: Plan, first: number): string | undefined {
  const numbers = (path: string): string => {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  }
  const judged = new Map(places.binds.map(({ path, device, inode }) => [path, `${device} ${inode}`]))
  return mounts.find(({ from, to }) => {
    // What something else is mounted on was looked at by itself, or is hidden.
    const isLast = mounts.findLast((one) => one.to === to)?.from === from
    return isLast && numbers(`/proc/${first}/root${to}`) !== (judged.get(from) ?? numbers(from))
  })?.to
}

const NAMESPACES =
  'Jails need user namespaces. Ubuntu since 23.10: allow them to bubblewrap by an AppArmor profile; elsewhere: sysctl kernel.unprivileged_userns_clone=1. karo doctor --sandbox says more.'

const noJail = (
  why: string,
  hint = 'karo doctor --sandbox shows whether jails can be built here.',
): KaroError => new KaroError('refused', `nothing was started: ${why}`, { where: 'karo run', hint })

/** No descriptor of the person's goes in: a directory or a terminal among them would lead out. */
function pipes(descriptors: Descriptors, given: number[]) {
  const [input, output, errors] = [descriptors.pipe(), descriptors.pipe(), descriptors.pipe()]
  given.push(input.read, output.write, errors.write)
  const stream = (fd: number, readable: boolean): Socket =>
    new Socket({ fd, readable, writable: !readable }).on('error', () => {})
  return {
    theirs: [input.read, output.write, errors.write],
    ours: () => ({
      input: stream(input.write, false),
      output: stream(output.read, true),
      errors: stream(errors.read, true),
    }),
  }
}

function argumentsOf(
  { mounts, places, env, cwd }: Plan,
  hook: string,
  near: readonly string[],
  keepsSockets: boolean,
): readonly string[] {
  const direct = near.join(',')
  const environment = {
    ...env,
    KARO_RUN: HOOK_SOCKET,
    TMPDIR: '/tmp',
    ...WAY_OUT,
    NO_PROXY: direct,
    no_proxy: direct,
    // Perl warns of a locale that the jail has not.
    PERL_BADLANG: '0',
  }
  const own = OWN.filter(
    (path) => !mounts.some(({ to, write }) => write && (isIn(to, path) || isIn(path, to))),
  )
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts'],
    ...[
      '--unshare-cgroup-try',
      '--disable-userns',
      '--uid',
      String(process.getuid?.()),
      '--gid',
      String(process.getgid?.()),
    ],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemArguments(),
    ...ALSO.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--ro-bind', hook, HOOK_SOCKET],
    ...mounts.flatMap(({ from, to, write }) => [write ? '--bind' : '--ro-bind', from, to]),
    ...places.hidden.flatMap(({ path, directory }) =>
      directory
        ? ['--size', '4096', '--tmpfs', path, '--remount-ro', path]
        : ['--ro-bind', '/dev/null', path],
    ),
    ...['--remount-ro', '/', '--chdir', cwd, '--seccomp', String(FILTER_AT), '--'],
    ...(keepsSockets ? [PERL, '-e', WITHOUT_SOCKETS, '--', String(own.length), ...own] : []),
  ]
}
