// Jails by Landlock, where bubblewrap is missing: in the namespaces of the machine, seeing only what rules allow. What it cannot hold it refuses.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { seccompFilter, TASK_LIMIT } from '../seccomp/filter.ts'
import { begin, exitOf, type Held, heard, NOBODY } from './begin.ts'
import { heldOf } from './code.ts'
import { HOLD } from './hold.ts'
import { markOf } from './leftovers.ts'
import { isIn, judgePlaces, type Places } from './places.ts'
import { JailError, type JailSpec, type Provider } from './provider.ts'
import { PATH, SYSTEM_FILES, SYSTEM_ROOTS } from './system.ts'

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

// The program that becomes a jail by Landlock: a few lines of Perl, because a process can only lock itself, and Perl can and is small.

/**
 * Three processes. The keeper leads a Landlock domain of its own, in which signals stay; so does the second keeper, inside it; the command's
 * domain is inside both. `kill -1` of a keeper therefore reaches every process of the jail and no other, in one step of the kernel
 * that no fork outruns. Each of the two ends the jail when the other is gone, so one `kill -9` leaves nothing behind. As subreapers they are
 * given what daemons leave behind, and end only when there is no child any more.
 *
 * The command leads a session of its own. In that of the keepers it could leave a stopped process in their process group without a parent, and
 * the kernel itself, which no domain holds back, would end both keepers with SIGHUP. Both ignore that signal besides.
 *
 * On the line the Muscle says the limit of tasks of each process, because the keeper is of the same user, and may set it.
 *
 * Descriptors: 3 is the gate, then secrets, then the file of names where the jail holds code, then the filter, then the line to the Muscle, whose end ends
 * the jail. The second keeper holds it. Words: MARK, whether there is code (1 or 0), the numbers of the line, of prctl(2), prlimit64(2) and setsid(2); then lists, each behind its length: rules (rights, path, device,
 * inode; the last two are empty for the system's own), limits (number, soft, hard; without the last it stays), environment (name, value); then the directory, and the command.
 */
const LAUNCHER = String.raw`
sub fail { print STDERR "$_[0]: $!\n"; exit 125 }
${HOLD}
sub list { splice @ARGV, 0, shift @ARGV }
my ($mark, $holds, $line, $prctl, $prlimit, $setsid) = map { /^\d+$/ ? $_ + 0 : $_ } splice @ARGV, 0, 6;
my ($rules, $limits, $environment) = ([list], [list], [list]);
my $cwd = shift @ARGV;
my $filter = '';
open(my $calls, '<&=', $line - 1) || fail 'no filter';
sysread($calls, $filter, 65536) || fail 'no filter';
close $calls;
open(my $gate, '+<&=', 3) || fail 'no gate';
open(my $muscle, '+<&=', $line) || fail 'no line';

sub restrict {
  my ($files, $network, $scopes, @rules) = @_;
  my $set = syscall(444, pack('Q3', $files, $network, $scopes), 24, 0);
  fail 'no Landlock' if $set < 0;
  while (my ($rights, $path, $device, $inode) = splice @rules, 0, 4) {
    # O_PATH and O_CLOEXEC: the place itself, which is compared with what was judged, and not read.
    sysopen(my $place, $path, 0x280000) || fail $path;
    my @stat = stat $place;
    if ($device ne '' && ($stat[0] ne $device || $stat[1] ne $inode)) {
      syswrite $gate, "moved $path\n";
      exit 125;
    }
    syscall(445, $set, 1, pack('Ql', $rights, fileno $place), 0) == 0 || fail "no rule for $path";
  }
  syscall(446, $set, 0) == 0 || fail 'no Landlock';
  open(my $done, '<&=', $set);
}
# A domain for signals alone. Whatever moves files between directories is forbidden by any that does not allow it.
sub keep { restrict(1 << 13, 0, 2, 1 << 13, '/', '', '') }
# The tasks of a process, as the Muscle says; the hard limit stays.
sub limit {
  my ($pid, $most, $old) = (@_, "\0" x 16);
  syscall($prlimit, $pid, 6, 0, $old) == 0 || return;
  my $hard = (unpack 'Q2', $old)[1];
  syscall($prlimit, $pid, 6, pack('Q2', $most < $hard ? $most : $hard, $hard), 0);
}
# Of the own domain every process but this one, and until none is left.
sub sweep { kill 9, -1; 1 while wait != -1 }
sub release { close STDIN; close STDOUT; close STDERR unless $_[0]; close $gate;
  for (4 .. $line - 2) { open(my $secret, '<&=', $_) || next; close $secret } }

# No new privileges; whoever loses its parent in the jail becomes a child of this one.
syscall($prctl, 38, 1, 0, 0, 0) == 0 && syscall($prctl, 36, 1, 0, 0, 0) == 0 || fail 'no privileges could be given up';
$SIG{HUP} = 'IGNORE';
keep;
my $keeper = $$;
my $second = fork;
fail 'no process' unless defined $second;
if ($second) {
  my $its = life($second);
  release;
  my ($words, $ready) = ('');
  while (($ready = first($line, $its)) == $line && sysread $muscle, $words, 4096, length $words) {
    while ($words =~ s/^(\d+) (\d+)\n//) { limit($1 + 0, $2 + 0) }
  }
  if ($ready == $its && waitpid($second, 0) == $second && ($? & 127) == 0) { my $how = $? >> 8; sweep; exit $how }
  sweep;
  kill 9, $$;
}

my $its = life($keeper);
getppid == $keeper || exit 125;
keep;
syscall($prctl, 36, 1, 0, 0, 0) == 0 || fail 'no process could be kept';
take($line - 2) if $holds;
my $command = fork;
fail 'no process' unless defined $command;
if ($command) {
  my $life = life($command);
  release $holds;
  if (($holds ? heed($its, $life) : first($its, $life)) == $life && waitpid($command, 0) == $command) {
    my $how = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    sweep;
    exit $how;
  }
  sweep;
  exit 125;
}

close $muscle;
syscall($setsid) > 0 || fail 'no session';
$SIG{HUP} = 'DEFAULT';
begin_in($cwd);
while (my ($resource, @most) = splice @$limits, 0, 3) {
  my $old = "\0" x 16;
  syscall($prlimit, 0, $resource + 0, 0, $old) == 0 || fail 'a limit is not told';
  my $hard = (unpack 'Q2', $old)[1];
  $most[1] = $hard if $most[1] eq '' || $most[1] > $hard;
  $most[0] = $most[1] if $most[0] > $most[1];
  syscall($prlimit, 0, $resource + 0, pack('Q2', @most), 0) == 0 || fail 'a limit was refused';
}
my ($files, $network, $scopes, @rest) = @$rules;
restrict($files, $network, $scopes, @rest);
watched || fail 'no listener for system calls' if $holds;
my $length = length($filter) / 8;
syscall($prctl, 22, 2, pack('Sx6P', $length, $filter), 0, 0) == 0 || fail 'no filter for system calls';
syswrite $gate, "ready\n";
my $go = '';
sysread($gate, $go, 3);
$go eq "go\n" || exit 125;
%ENV = @$environment;
close $gate;
exec { $ARGV[0] } @ARGV;
# ENOENT is 2.
my $code = $! == 2 ? 127 : 126;
print STDERR "$ARGV[0]: $!\n";
exit $code;
`

// Limits of tasks for jails without a user namespace. The kernel counts the tasks of the whole user, so the limits follow what others have.

/** Milliseconds between looks. Until the next one a jail has the room that others left, and lacks the room that they took. */
const LOOK_MS = 1000
/** Both keepers of a jail are tasks of its user, and not its own. */
const KEEPERS = 2

type SetLimit = (pid: number, most: number) => void

/** `uid`: whom jails run as. `proc`: where the kernel shows processes. */
export function createTaskLimits(uid: number, timers: Timers, proc = '/proc') {
  const followed = new Map<number, { readonly tasks: number; readonly setLimit: SetLimit }>()
  let cancel: (() => void) | undefined

  const look = (): void => {
    // What begins or ends in a jail during the look must not be taken for what others have, which would raise the limit: whatever was in it
    // before or afterwards is its own.
    const jails = [...followed].map(([keeper, asked]) => ({
      ...asked,
      own: new Set([keeper, ...descendantsOf(keeper, proc)]),
    }))
    const all = tasksOf(uid, proc)
    for (const { own } of jails) {
      const [keeper = 0] = own
      for (const pid of descendantsOf(keeper, proc)) own.add(pid)
    }
    for (const { own, tasks, setLimit } of jails) {
      const [, , ...jailed] = own
      const others = [...all].reduce((sum, [pid, threads]) => (own.has(pid) ? sum : sum + threads), 0)
      for (const pid of jailed) setLimit(pid, others + KEEPERS + tasks)
    }
    cancel = followed.size === 0 ? undefined : timers.after(LOOK_MS, look)
  }

  return {
    /** The limit for a jail of `tasks` that is about to begin. */
    first: (tasks: number) =>
      [...tasksOf(uid, proc).values()].reduce((sum, one) => sum + one, KEEPERS + tasks),
    /** Follows the jail of a keeper until the returned function is called. `setLimit` is asked to set the limit of each of its processes. */
    follow(keeper: number, tasks: number, setLimit: SetLimit) {
      followed.set(keeper, { tasks, setLimit })
      cancel ??= timers.after(LOOK_MS, look)
      return () => {
        followed.delete(keeper)
        if (followed.size > 0) return
        cancel?.()
        cancel = undefined
      }
    },
  }
}

/** The threads of each process of the user. Those that do not show whose they are make it fewer. */
function tasksOf(uid: number, proc: string): ReadonlyMap<number, number> {
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name))
  return new Map(pids.map((pid) => [Number(pid), threadsOf(`${proc}/${pid}/task`, uid)]))
}

/** None of a process that is another user's, hidden, or gone. */
function threadsOf(path: string, uid: number): number {
  try {
    const stat = statSync(path)
    // A directory has two links, and one more for each directory in it.
    return stat.uid === uid ? stat.nlink - 2 : 0
  } catch {
    return 0
  }
}

/** The nearest first. What a daemon leaves behind is a child of a keeper again. */
function* descendantsOf(pid: number, proc: string): Generator<number> {
  let tasks: string[] = []
  try {
    tasks = readdirSync(`${proc}/${pid}/task`)
  } catch {
    // The process has ended meanwhile.
  }
  let text = ''
  for (const task of tasks) {
    try {
      text += `${readFileSync(`${proc}/${pid}/task/${task}/children`, 'utf8')} `
    } catch {
      // This thread has ended meanwhile; the others still have their children.
    }
  }
  for (const child of text.split(' ').filter(Boolean).map(Number)) {
    yield child
    yield* descendantsOf(child, proc)
  }
}
