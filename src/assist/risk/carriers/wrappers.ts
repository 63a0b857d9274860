// Table of commands that run another command in their words, with what is needed to find where that command starts.

export interface Wrapper {
  /** Options whose value is the next word: letters and long names. */
  readonly values?: readonly string[]
  /** Number of the wrapper's own words before the command, such as timeout's duration. */
  readonly skip?: number
  /** Optional words of its own before the command, such as setarch's architecture. */
  readonly skips?: RegExp
  /** Whether NAME=value may stand before the command. */
  readonly assigns?: boolean
  /** Options whose value is a script. */
  readonly scripts?: readonly string[]
  /** Finds the command in a setting that `-o` gives. */
  readonly keywords?: RegExp
  /** Whether it starts a shell that reads standard input when no command follows. */
  readonly opensShell?: boolean
  /** Whether the command runs as another user, root by default. */
  readonly privileged?: boolean
  /** Whether the command behind it counts as the tool that the person used. */
  readonly transparent?: boolean
  /** Whether a shell reads the remaining words again, joined by blanks. */
  readonly joins?: boolean
  /** Whether the command starts only after `--`, if there is one. */
  readonly afterDashes?: boolean
}

function list(text: string): readonly string[] {
  return text.split(' ')
}

/** More words than a line has: only a script option holds a command. */
const ALL = 1_000

export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: {
    values: list(
      'u g h p C T U r t D R user group host prompt close-from command-timeout other-user role type chdir chroot',
    ),
    assigns: true,
    privileged: true,
    transparent: true,
  },
  doas: { values: list('u C'), privileged: true, transparent: true },
  pkexec: { values: list('user'), privileged: true, transparent: true },
  'sudo-rs': { values: list('u g h p'), assigns: true, privileged: true, transparent: true },
  run0: { values: list('u user g group'), privileged: true, transparent: true },
  su: {
    values: list('s shell g G w'),
    scripts: list('c command session-command'),
    skip: ALL,
    privileged: true,
  },
  runuser: {
    values: list('u user s shell g G'),
    scripts: list('c command session-command'),
    privileged: true,
  },
  env: {
    values: list('u unset C chdir a argv0'),
    assigns: true,
    transparent: true,
  },
  nohup: { transparent: true },
  setsid: { transparent: true },
  nice: { values: list('n adjustment'), transparent: true },
  ionice: { values: list('c class n classdata p'), transparent: true },
  chrt: { values: list('T P D'), skip: 1, transparent: true },
  taskset: { skip: 1, transparent: true },
  sched: { skip: 1, joins: true },
  numactl: { values: list('N m C p'), transparent: true },
  prlimit: { transparent: true },
  timeout: { values: list('k kill-after s signal'), skip: 1, transparent: true },
  gtimeout: { values: list('k kill-after s signal'), skip: 1, transparent: true },
  time: { values: list('f format o output'), transparent: true },
  stdbuf: { values: list('i input o output e error'), transparent: true },
  unbuffer: { transparent: true },
  command: { transparent: true },
  builtin: { transparent: true },
  exec: { values: list('a'), transparent: true },
  noglob: { transparent: true },
  '-': { transparent: true },
  nocorrect: { transparent: true },
  caffeinate: { values: list('t w'), transparent: true },
  dbus: { transparent: true },
  'dbus-run-session': { transparent: true },
  'xvfb-run': { values: list('n s e f p w'), transparent: true },
  'systemd-inhibit': { values: list('what who why mode'), transparent: true },
  'systemd-run': {
    values: list(
      'u unit p property slice description uid gid on-active on-calendar on-boot M H E working-directory',
    ),
    transparent: true,
  },
  busybox: { transparent: true },
  toybox: { transparent: true },
  fakeroot: { transparent: true },
  fakechroot: { transparent: true },
  eatmydata: { transparent: true },
  chronic: { transparent: true },
  ts: { values: list('L N D'), transparent: true },
  tsp: { values: list('L N D'), transparent: true },
  'dumb-init': { transparent: true },
  tini: { values: list('p e'), transparent: true },
  catchsegv: { transparent: true },
  heaptrack: { values: list('o output'), transparent: true },
  'dbus-launch': { transparent: true },
  'flatpak-spawn': { transparent: true },
  proot: { values: list('r b m w q k'), transparent: true },
  watchexec: { values: list('e exts w watch i ignore f filter d debounce s signal'), joins: true },
  proxychains: { values: list('f'), transparent: true },
  proxychains4: { values: list('f'), transparent: true },
  torsocks: { transparent: true },
  strace: { values: list('e o p s u E a b I O S P X'), transparent: true },
  ltrace: { values: list('e o p s u n a l x'), transparent: true },
  chroot: { values: list('userspec groups'), skip: 1 },
  unshare: { values: list('S G R w'), transparent: true },
  nsenter: { values: list('t target S G r w'), transparent: true },
  firejail: { transparent: true },
  sg: { skip: 1, scripts: list('c'), joins: true },
  flock: { values: list('w timeout E conflict-exit-code'), skip: 1, scripts: list('c command') },
  script: { scripts: list('c command'), values: list('E I O T B'), skip: ALL },
  entr: { scripts: list('s') },
  repeat: { skip: 1, transparent: true },
  wsl: { values: list('d distribution u user') },
  sshpass: { values: list('p f d P'), transparent: true },
  rlwrap: { values: list('H f b'), transparent: true },
  setarch: {
    skips:
      /^(?:linux(?:32|64)|i[3-6]86|x86_64|x86_32|uname26|athlon|aarch64|arm\w*|ppc\w*|s390x?|mips\w*|sparc\w*|parisc\w*|alpha\w*|ia64|riscv\w*|loongarch\w*)$/,
    transparent: true,
  },
  linux64: { transparent: true },
  i386: { transparent: true },
  i686: { transparent: true },
  x86_64: { transparent: true },
  uname26: { transparent: true },
  choom: { values: list('n adjust p pid'), transparent: true },
  uclampset: { values: list('m M p'), transparent: true },
  'systemd-cat': { values: list('t identifier p priority'), transparent: true },
  's6-setuidgid': { skip: 1, privileged: true, transparent: true },
  envdir: { skip: 1, transparent: true },
  's6-envdir': { skip: 1, transparent: true },
  softlimit: { values: list('a c d f l m o p r s t'), transparent: true },
  setlock: { skip: 1 },
  ifne: { transparent: true },
  'run-one': { transparent: true },
  'run-this-one': { transparent: true },
  'keep-one-running': { transparent: true },
  torify: { transparent: true },
  'ssh-agent': { values: list('t a E P'), transparent: true },
  faketime: { skip: 1, transparent: true },
  gdbserver: { skip: 1 },
  gamemoderun: { transparent: true },
  'prime-run': { transparent: true },
  daemonize: { values: list('a c e E l o p u') },
  'aa-exec': { values: list('p profile n namespace'), transparent: true },
  runcon: { values: list('t u r l type user role range'), transparent: true },
  schroot: { values: list('c chroot d directory u user'), transparent: true },
  'arch-chroot': { values: list('u'), skip: 1 },
  'systemd-nspawn': { values: list('D directory M machine u user E setenv i image') },
  mpirun: { values: list('np n H host hostfile machinefile x') },
  mpiexec: { values: list('np n H host hostfile machinefile x') },
  srun: { values: list('n N p t c J o e A w') },
  // The dynamic linker runs the program it is given.
  'ld.so': { values: list('library-path preload audit argv0 inhibit-rpath'), transparent: true },
  newgrp: { skip: ALL, opensShell: true },
  linux32: { transparent: true },
  cpulimit: { values: list('l p'), transparent: true },
  chpst: { values: list('u U b e / n l L m o p f c t'), transparent: true },
  setuidgid: { skip: 1, privileged: true, transparent: true },
  gosu: { skip: 1, privileged: true, transparent: true },
  'su-exec': { skip: 1, privileged: true, transparent: true },
  setpriv: { values: list('reuid regid groups ambient-caps inh-caps bounding-set'), transparent: true },
  capsh: { scripts: list('c'), skip: ALL },
  bwrap: { afterDashes: true },
  perf: { skip: 1 },
  valgrind: { transparent: true },
  hyperfine: { joins: true },
  dotenv: { values: list('e f'), transparent: true },
  direnv: { skip: 2 },
  mise: { skip: 1, afterDashes: true },
  watch: { values: list('n interval q'), joins: true },
  ssh: {
    values: list('p i l o F J L R D b c E e I m O Q S W w B'),
    keywords:
      /^\s*(?:ProxyCommand|LocalCommand|RemoteCommand|KnownHostsCommand)\s*[=\s]\s*(?!none$)([\s\S]+)$/i,
    skip: 1,
    joins: true,
    opensShell: true,
  },
  mosh: { skip: 1, afterDashes: true },
  'lxc-attach': { values: list('n name'), afterDashes: true },
  tsocks: { transparent: true },
  pssh: { values: list('h H l p t o e i'), joins: true },
  pdsh: { values: list('w x l t g R'), joins: true },
  clush: { values: list('w g x l'), joins: true },
  eval: { joins: true },
  // Keywords of fish and POSIX shells that stay in front of a command when a line is read piece by piece.
  and: { transparent: true },
  or: { transparent: true },
  not: { transparent: true },
  begin: { transparent: true },
}

/** Shells, which read code from `-c`, a file, or their standard input. */
export const SHELLS: ReadonlySet<string> = new Set(
  'sh bash dash zsh ksh ksh93 mksh lksh pdksh oksh loksh ash fish rbash rzsh csh tcsh yash posh sash osh elvish nu xonsh ion'.split(
    ' ',
  ),
)

/**
 * Other interpreters with the options that take code. Without such an option and a file they run their standard input.
 */
export const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  python: ['c'],
  python2: ['c'],
  python3: ['c'],
  pypy3: ['c'],
  pypy: ['c'],
  ipython: ['c'],
  ipython3: ['c'],
  jython: ['c'],
  micropython: ['c'],
  jruby: ['e'],
  luajit: ['e'],
  raku: ['e'],
  perl6: ['e'],
  tsx: ['e', 'eval'],
  'ts-node': ['e', 'eval', 'p', 'print'],
  perl: ['e', 'E'],
  ruby: ['e'],
  node: ['e', 'eval', 'p', 'print'],
  nodejs: ['e', 'eval', 'p', 'print'],
  deno: ['eval'],
  bun: ['e', 'eval'],
  php: ['r', 'R', 'B', 'E', 'run', 'process-code', 'process-begin', 'process-end'],
  lua: ['e'],
  osascript: ['e'],
  Rscript: ['e'],
}

/** The name under which INTERPRETERS lists it: `python3.12` is python3, `php8` is php. */
export function interpreterName(name: string): string | undefined {
  const plain = name.replace(/(\d)\.\d+$/, '$1')
  if (Object.hasOwn(INTERPRETERS, plain)) return plain
  const bare = plain.replace(/[\d.]+$/, '')
  return bare !== plain && Object.hasOwn(INTERPRETERS, bare) ? bare : undefined
}
