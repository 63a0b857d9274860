// Table of commands that run another command in their words, with what is needed to find where that command starts.
import { names, rows, words } from '../lookup.ts'

export interface Wrapper {
  /** Options whose value is the next word: letters and long names. */
  readonly values?: readonly string[]
  /** Options whose values are the next two words: bwrap's `--bind SOURCE TARGET`; of `--overlay` they are three. */
  readonly pairs?: readonly string[]
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
  /** Options whose value is the directory in which the command runs. */
  readonly places?: readonly string[]
  /** Whether the command starts only after `--`, if there is one. */
  readonly afterDashes?: boolean
}

/** More words than a line has: only a script option holds a command. */
const ALL = 1_000

/** Reads a row `names | properties, skip=count | values | scripts | places | pairs` behind its names; what it has are members of Wrapper. */
function wrapperIn(row: string): Wrapper {
  const [properties = '', values = '', scripts = '', places = '', pairs = ''] = row
    .split('|')
    .map((part) => part.trim())
  const skip = /skip=(\w+)/.exec(properties)?.[1]
  return {
    ...Object.fromEntries((properties.match(/(?<!\S)\w+(?!\S)/g) ?? []).map((name) => [name, true])),
    skip: skip === 'all' ? ALL : Number(skip ?? 0),
    values: words(values),
    scripts: words(scripts),
    places: words(places),
    pairs: words(pairs),
  }
}

/**
 * `ld.so` is the dynamic linker, which runs the program behind it. `and`, `or`, `not` and `begin` are keywords of fish and
 * POSIX shells that stay in front of a command when a line is read piece by piece.
 */
const ROWS = rows(
  `
  sudo | assigns privileged transparent | u g h p C T U r t D R user group host prompt close-from command-timeout other-user role type chdir chroot | | D chdir
  doas | privileged transparent | u C
  pkexec | privileged transparent | user
  sudo-rs | assigns privileged transparent | u g h p
  run0 | privileged transparent | u user g group D chdir unit property slice nice setenv | | D chdir
  su | privileged skip=all | s shell g G w | c command session-command
  runuser | privileged | u user s shell g G | c command session-command
  env | assigns transparent | u unset C chdir a argv0 | | C chdir
  nohup setsid unbuffer command builtin noglob - nocorrect dbus dbus-run-session dbus-launch busybox toybox fakechroot eatmydata chronic dumb-init catchsegv firejail linux32 linux64 i386 i686 x86_64 uname26 ifne run-one run-this-one keep-one-running torify tsocks gamemoderun prime-run valgrind with-contenv distrobox-host-exec host-spawn and or not begin | transparent
  prlimit heaptrack | transparent | o output
  fakeroot | transparent | l
  flatpak-spawn | transparent | directory env
  torsocks | transparent | u p a P
  nice | transparent | n adjustment
  ionice | transparent | c class n classdata p
  chrt | transparent skip=1 | T P D
  taskset repeat envdir s6-envdir envuidgid s6-envuidgid pidproxy faketime | transparent skip=1
  sched | joins skip=1
  numactl | transparent | N m C p i cpunodebind
  timeout gtimeout | transparent skip=1 | k kill-after s signal
  time | transparent | f format o output
  stdbuf | transparent | i input o output e error
  exec | transparent | a
  caffeinate | transparent | t w
  xvfb-run | transparent | n server-num s e f p w
  systemd-inhibit | transparent | what who why mode
  systemd-run | transparent | u unit p property slice description uid gid nice setenv on-active on-calendar timer-property on-boot M H E working-directory | | working-directory
  ts tsp | transparent | L N D W
  tini | transparent | p e
  proot | transparent | r rootfs R S b bind m w cwd pwd q k | | cwd pwd w
  watchexec | joins | e exts w watch i ignore f filter d debounce s signal
  proxychains proxychains4 | transparent | f
  strace | transparent | e trace o output p s u E a b I O S U P X
  ltrace | transparent | e o output p s u n a l x F w
  chroot | skip=1 | userspec groups
  unshare | transparent | S G R root w wd propagation map-user
  nsenter | transparent | t target S setuid G setgid W wdns N net-socket
  sg | joins skip=1 |  | c
  flock | skip=1 | w wait timeout E conflict-exit-code | c command
  script | skip=all | E I O T B | c command
  entr |  |  | s
  wsl |  | d distribution u user
  sshpass | transparent | p f d P
  rlwrap | transparent | H history-filename f b C l
  choom | transparent | n adjust p pid
  uclampset | transparent | m M p
  systemd-cat | transparent | t identifier p priority
  s6-setuidgid setuidgid gosu su-exec | privileged transparent skip=1
  softlimit s6-softlimit | transparent | a c d f l m o p r s t
  setlock gdbserver | skip=1
  ssh-agent | transparent | t a E P O
  daemonize |  | c e E l o p u
  aa-exec | transparent | p profile n namespace
  runcon | transparent | t u r l type user role range
  schroot | transparent | c chroot n d directory u user s o
  arch-chroot | skip=1 | u
  systemd-nspawn |  | D directory M machine u user E setenv i image bind chdir
  mpirun mpiexec |  | np n c H host hostfile machinefile x
  srun salloc |  | n N p t c J o e A w gres mem
  bsub condor_run | joins | q n J o e R W M P m w
  ld.so | transparent | library-path preload audit argv0 inhibit-rpath
  newgrp | opensShell skip=all
  perf | skip=1 | e F p r
  cpulimit | transparent | l limit p
  chpst | transparent | u U b e / n l L m o p d f c t
  setpriv | transparent | reuid regid euid egid groups ambient-caps inh-caps bounding-set pdeathsig
  capsh | skip=all |  | c
  karo hwloc-bind nsjail lxc-attach lxc-execute mise mosh | afterDashes
  bwrap |  | args argv0 mqueue overlay-src tmp-overlay ro-overlay userns userns2 pidns uid gid hostname chdir unsetenv lock-file sync-fd perms size remount-ro proc dev tmpfs dir seccomp add-seccomp-fd exec-label file-label block-fd userns-block-fd info-fd json-status-fd cap-add cap-drop | | chdir | bind dev-bind ro-bind bind-try dev-bind-try ro-bind-try bind-data ro-bind-data bind-fd ro-bind-fd setenv symlink file chmod overlay
  cgexec | transparent | g
  daemon |  | n name u user P pidfiles F pidfile R chroot D chdir m umask e env C config | X command | D chdir
  eval | joins
  hyperfine | joins | w warmup r n | s setup p prepare c cleanup conclude reference
  dotenv | transparent | e f
  direnv | skip=2
  watch | joins | n interval q equexit
  pssh | joins | h H l p t o e i
  pdsh | joins | w x l t u f g R
  clush | joins | w g x X l f t u o
  `,
  '|',
  (found) => wrapperIn(found.at(-1) ?? ''),
)

/** Wrappers that have more than a row holds. */
const OTHERS: Readonly<Record<string, Wrapper>> = {
  setarch: {
    skips:
      /^(?:linux(?:32|64)|i[3-6]86|x86_64|x86_32|uname26|athlon|aarch64|arm\w*|ppc\w*|s390x?|mips\w*|sparc\w*|parisc\w*|alpha\w*|ia64|riscv\w*|loongarch\w*)$/,
    transparent: true,
  },
  ssh: {
    values: words('p i l o F J L R D b c E e I m O Q S W w B'),
    keywords:
      /^\s*(?:ProxyCommand|LocalCommand|RemoteCommand|KnownHostsCommand)\s*[=\s]\s*(?!none$)([\s\S]+)$/i,
    skip: 1,
    joins: true,
    opensShell: true,
  },
}

/** How to find the command behind the wrapper of this name; undefined if it is none. */
export const wrapperOf = (name: string): Wrapper | undefined =>
  Object.hasOwn(OTHERS, name) ? OTHERS[name] : ROWS.of(name)

export const wrapperNames = (): readonly string[] => [...ROWS.names(), ...Object.keys(OTHERS)]

/** Shells, which read code from `-c`, a file, or their standard input. */
export const SHELLS = names(
  'sh bash dash zsh ksh ksh93 mksh lksh pdksh oksh loksh ash fish rbash rzsh csh tcsh yash posh sash osh elvish nu xonsh ion',
)

/**
 * Other interpreters, their language and the options that take code. Without such an option and a file they run their standard input.
 */
export const INTERPRETERS = rows(
  `
  python python2 python3 pypy3 pypy ipython ipython3 jython micropython: python c
  ruby jruby: ruby e
  lua luajit texlua: lua e
  raku perl6 elixir iex scala groovy ghci racket clojure bb crystal nim dart: other e eval
  expect tclsh wish: tcl c
  guile octave octave-cli xonsh nu elvish pwsh powershell erl swipl gosh jrunscript: other c e g eval execute Command command
  jjs jshell hy janet qjs ghc ocaml swift kotlin csharp: other c e
  osascript: apple e
  Rscript R: r e
  perl: perl e E
  julia: julia e E eval print
  node nodejs ts-node tsx bun: js e eval p print
  deno: js eval
  php: php r R B E run process-code process-begin process-end
  `,
  ':',
  ([found = '']) => {
    const [language = '', ...options] = words(found)
    return { language, options }
  },
)
export const INTERPRETER_NAMES: readonly string[] = INTERPRETERS.names()

/** The name under which INTERPRETERS lists it: `python3.12` is python3, `php8` is php. */
export function interpreterName(name: string): string | undefined {
  const plain = name.replace(/(\d)\.\d+$/, '$1')
  if (INTERPRETERS.of(plain) !== undefined) return plain
  const bare = plain.replace(/[\d.]+$/, '')
  return bare !== plain && INTERPRETERS.of(bare) !== undefined ? bare : undefined
}
