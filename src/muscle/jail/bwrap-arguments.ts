// What bubblewrap is told: the namespaces, mounts and accounts of a jail, and the gate in front of its command.
import { lstatSync, readlinkSync } from 'node:fs'
import type { Machine } from '../seccomp/syscalls.ts'
import { NOBODY } from './begin.ts'
import { HOLDER } from './hold.ts'
import { isIn, type Places } from './places.ts'
import { type JailSpec, PROXY } from './provider.ts'
import { PATH, SYSTEM_FILES, SYSTEM_ROOTS } from './system.ts'

const HOME = '/home/job'
const PERL = '/usr/bin/perl'
/** The number of prctl(2). */
export const PRCTL = { x64: 157, arm64: 167 } as const
/** Directories in memory that a jail has for itself. */
const OWN = [HOME, '/tmp', '/dev/shm']

/**
 * What bubblewrap starts: it limits itself, says that it is there, and becomes the command when it is told to. Where the Muscle
 * dies before that, nothing is told, and the command never runs. Its arguments are the limits (seconds, blocks of 512 bytes, KiB,
 * tasks), how to begin listening (a program of Perl, the number of sendmsg(2) and the port; all empty where nothing leads out), and the command.
 * Descriptor 3 leads to the Muscle; 4 carries the listening socket to it, where there is one; secrets are behind it. Tasks are -u in bash and -p in dash. What
 * computes for too long is ended by SIGXCPU, which says why, and by SIGKILL a second later where it does not obey. A limit that the
 * Muscle was started with and that is stricter stays.
 */
const GATE = `most() { ulimit "$1" "$2" 2>/dev/null || [ "$(ulimit -H "$1")" -le "$2" ]; }
most -c 0 && most -l 0 && most -n 1024 && most -t "$(($1 + 1))" && { ulimit -S -t "$1" 2>/dev/null || most -t "$1"; } &&
most -f "$2" && most -d "$3" && { most -u "$4" 2>/dev/null || most -p "$4"; } || exit 125
{ [ -z "$5" ] || { /usr/bin/env -i /usr/bin/perl -e "$5" -- "$6" "$7" && exec 4>&-; } || exit 125; }
shift 7; echo >&3; read -r go <&3 || exit 125; exec 3<&-; unset go; exec "$@"`
/**
 * Becomes the gate, with no right to make a socket but in the directories that follow their number, where no other jail is. On a socket in a
 * place of the machine jails could hand each other what they have opened, which then outlives the grant of the place, and the jail that had it.
 * Rules of Landlock only add up: what is moved from one directory to another (REFER) is forbidden by any, so it is allowed everywhere.
 */
const SOCKETS = `
my $refused = 'Landlock, which keeps sockets out of a place that jails share, is refused here';
my ($make, $refer) = (1 << 9, 1 << 13);
my $rules = syscall 444, pack('Q', $make | $refer), 8, 0;
fail $refused if $rules < 0;
sub allow { my ($path, $rights) = @_; sysopen(my $place, $path, 0x280000) || fail $refused;
  syscall(445, $rules, 1, pack('Ql', $rights, fileno $place), 0) == 0 || fail $refused }
allow('/', $refer);
allow($_, $make | $refer) for splice @ARGV, 0, shift @ARGV;
syscall(446, $rules, 0) == 0 || fail $refused;
`
const FAIL = String.raw`sub fail { print STDERR "$_[0]: $!\n"; exit 125 }`
const BECOME = 'delete $ENV{PERL_BADLANG}; exec { $ARGV[0] } @ARGV; fail $ARGV[0];'
export const WITHOUT_SOCKETS = FAIL + SOCKETS + BECOME
/** What a jail has as /etc/passwd and /etc/group. */
export const PASSWD = Buffer.from(
  `root:x:0:0::/:/usr/sbin/nologin\njob:x:${NOBODY}:${NOBODY}::${HOME}:/bin/sh\n`,
)
export const GROUP = Buffer.from(`root:x:0:\njob:x:${NOBODY}:\n`)

/**
 * `first`: the descriptor of the filter; two files of accounts follow, and that of names where there is one. `mark`: the name of the gate, by
 * which a jail is told from others.
 */
export function argumentsOf(
  spec: JailSpec,
  places: Places,
  {
    first,
    holds = false,
    news = first + 3 + Number(holds),
    mark,
    machine,
    keepsSockets,
    shared,
    devices = [],
    joinsNetwork = false,
  }: {
    readonly first: number
    /** There is a file of names: see HOLD. */
    readonly holds?: boolean
    /** Where bubblewrap tells about the jail; default: behind those files. */
    readonly news?: number
    readonly mark: string
    readonly machine: string
    /** The machine has what WITHOUT_SOCKETS needs. */
    readonly keepsSockets: boolean
    /** Where what another jail is to see is put together, and its places. */
    readonly shared?: { readonly at: string; readonly places: Places }
    readonly devices?: readonly string[]
    /** It is in the network that is there already, where a port leads out. */
    readonly joinsNetwork?: boolean
  },
): string[] {
  const { disk_bytes: size } = spec.limits
  const inMemory = (path: string): string[] => ['--size', String(size), '--tmpfs', path]
  const environment = {
    PATH,
    HOME,
    USER: 'job',
    LOGNAME: 'job',
    TMPDIR: '/tmp',
    ...spec.env,
    ...((spec.net === true || joinsNetwork) && WAY_OUT),
  }
  const writable = places.binds.flatMap(({ path, write }) => (write ? [path] : []))
  const isKept = keepsSockets && writable.length > 0
  // In a place of the machine below one of them a socket would be as much as in any other.
  const own = OWN.filter((path) => !writable.some((place) => isIn(place, path) || isIn(path, place)))
  const parts = [...(isKept ? [SOCKETS] : []), ...(holds ? [HOLDER] : [])]
  const words = [
    ...(isKept ? [own.length, ...own] : []),
    ...(holds ? [PRCTL[machine as Machine], first + 3, spec.cwd] : []),
  ].map(String)
  // biome-ignore format: an option and its words on a line
  return [
    '--unshare-user', '--unshare-ipc', '--unshare-pid', ...(joinsNetwork ? [] : ['--unshare-net']), '--unshare-uts', '--unshare-cgroup-try',
    '--disable-userns', '--uid', String(NOBODY), '--gid', String(NOBODY), '--hostname', 'jail',
    '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemArguments(''),
    '--ro-bind-data', String(first + 1), '/etc/passwd', '--ro-bind-data', String(first + 2), '/etc/group',
    '--proc', '/proc', '--dev', '/dev', ...inMemory('/dev/shm'),
    ...devices.flatMap((path) => ['--dev-bind', path, path]), '--remount-ro', '/dev',
    ...inMemory('/tmp'), ...inMemory(HOME),
    ...placesBelow('', places),
    ...(shared === undefined ? [] : sharedArguments(shared)),
    '--remount-ro', '/', '--chdir', spec.cwd,
    '--seccomp', String(first), '--info-fd', String(news),
    // Perl warns of a locale that the jail has not.
    ...(parts.length > 0 ? ['--setenv', 'PERL_BADLANG', '0', '--', PERL, '-e', [FAIL, ...parts, BECOME].join(''), '--', ...words] : ['--']),
    '/bin/sh', '-c', GATE, mark, ...limitsOf(spec, holds), ...listening(spec, machine), ...spec.argv,
  ]
}

/** What a job is given, below `at`, with what is covered in it. */
const placesBelow = (at: string, { binds, fixed, hidden }: Places): string[] => [
  ...binds.flatMap(({ path, write }) => [write ? '--bind' : '--ro-bind', path, at + path]),
  ...fixed.flatMap((path) => ['--ro-bind', path, at + path]),
  ...hidden.flatMap(({ path, directory }) =>
    directory
      ? ['--size', '4096', '--tmpfs', at + path, '--remount-ro', at + path]
      : ['--ro-bind', '/dev/null', at + path],
  ),
]

/** Of the root of another jail: with directories on which it mounts what it has of its own. */
const sharedArguments = ({ at, places }: { readonly at: string; readonly places: Places }): string[] => [
  ...['/proc', '/dev', '/tmp'].flatMap((path) => ['--dir', at + path]),
  ...systemArguments(at),
  ...placesBelow(at, places),
]

/** /usr and what leads into it: links on most systems, directories of their own on others. */
export function systemArguments(at = ''): string[] {
  const roots = SYSTEM_ROOTS.flatMap((path) => {
    try {
      return lstatSync(path).isSymbolicLink()
        ? ['--symlink', readlinkSync(path), at + path]
        : ['--ro-bind', path, at + path]
    } catch {
      return []
    }
  })
  const etc = SYSTEM_FILES.flatMap((path) => ['--ro-bind-try', path, at + path])
  return ['--ro-bind', '/usr', `${at}/usr`, ...roots, ...etc]
}

/** The number of sendmsg(2), by machine. */
export const SENDMSG = { x64: 46, arm64: 211 } as const
/** Listens at the port of the jail's own loopback, and hands the socket over on descriptor 4. Words: the number of sendmsg(2), and the port. */
export const LISTEN = String.raw`
sub fail { print STDERR "$_[0]: $!\n"; exit 125 }
my ($call, $byte) = (shift(@ARGV) + 0, ' ');
socket(my $listener, 2, 1, 0) || fail 'no socket';
bind($listener, pack 'S n a4 x8', 2, shift @ARGV, "\x7f\0\0\1") || fail 'no port';
listen($listener, 64) || fail 'no port';
my $rights = pack 'Qlllx4', 20, 1, 1, fileno $listener;
my $part = pack 'PQ', $byte, 1;
syscall($call, 4, pack('x16PQPQx8', $part, 1, $rights, length $rights), 0) == 1 || fail 'the port was not handed over';
`
/** What programs look for, in the forms that they look for it. Node.js needs to be told that it should. */
export const WAY_OUT = {
  HTTP_PROXY: PROXY.url,
  http_proxy: PROXY.url,
  HTTPS_PROXY: PROXY.url,
  https_proxy: PROXY.url,
  NODE_USE_ENV_PROXY: '1',
}

const listening = ({ net }: JailSpec, machine: string): readonly string[] =>
  net ? [LISTEN, String(SENDMSG[machine as keyof typeof SENDMSG]), String(PROXY.port)] : ['', '', '']

/** The arguments of the gate. Bubblewrap's own process in the jail counts as a task too, and so does what `holds` code. */
function limitsOf({ limits }: JailSpec, holds: boolean): string[] {
  const { cpu_seconds, disk_bytes, memory_bytes, tasks } = limits
  return [
    cpu_seconds,
    Math.ceil(disk_bytes / 512),
    Math.ceil(memory_bytes / 1024),
    tasks + 1 + Number(holds),
  ].map(String)
}
