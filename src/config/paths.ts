// Paths of a node's files: from KARO_HOME and the XDG base directories, or as a service of the machine.
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { KaroError } from '../base/errors.ts'
import { orElse } from '../base/run/or-else.ts'
import { neededHome } from '../base/run/person-home.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface HomePaths {
  /** The directory with everything a node owns; mode 0700. */
  readonly home: string
  /** config.toml. */
  readonly config: string
  /** The node's key, PKCS8 PEM; mode 0600. */
  readonly key: string
  /** Level database, a directory. */
  readonly db: string
  /** The file that says which thresholds of reports were crossed last; it lies where an earlier build put it. */
  readonly thresholds: string
  /** Directory of the shells' spool files. */
  readonly spool: string
  /** Directory of hooks that new shells read; made from settings, and may be removed at any time. */
  readonly shells: string
  /**
   * The control socket: mode 0600 for a user's own node, 0666 for a service, which goes by the uid that connects. Reading this member throws KaroError
   * `bad_config` if the path is longer than the system allows.
   */
  readonly socket: string
  /** Where a daemon that starts now makes it. */
  readonly binds: string
  /** The socket of karo-exec, in a directory of its own, which belongs to the user of karo-exec. */
  readonly muscle: string
  /** The lock file; it contains the pid of the running daemon. */
  readonly lock: string
}

/** Most bytes of a socket's path: `sun_path` of unix(7) has 108 bytes including the final NUL. */
const SOCKET_PATH_BYTES = 107

/**
 * Paths of a person's own node. If KARO_HOME is set, everything is below it. Otherwise the home is
 * `~/.local/share/karo` and the socket is `$XDG_RUNTIME_DIR/karo/karo.sock`, or in the home if XDG_RUNTIME_DIR names no
 * directory of this user. Changes no file.
 */
export function homePaths(env: Env): HomePaths {
  const given = env.KARO_HOME
  const home = outsideOfProc(given ? resolve(given) : join(neededHome(env), '.local', 'share', 'karo'))
  const uid = process.getuid?.()
  const inHome = join(home, 'karo.sock')
  // `su` and `sudo -u` keep the variable of the person who was before, and containers keep one that was never made.
  const within = (runtime = '') =>
    !given && orElse(() => lstatSync(runtime).uid === uid, false)
      ? join(runtime, 'karo', 'karo.sock')
      : inHome
  const binds = within(env.XDG_RUNTIME_DIR)
  return {
    ...filesIn(home),
    config: join(home, 'config.toml'),
    spool: join(home, 'spool'),
    // As long as the path of the control socket, so that every home has room for both.
    muscle: join(home, 'exec', 'sock'),
    binds,
    // Checked only when it is read, so that commands which do not talk to the daemon work below a long path too.
    get socket() {
      // A daemon may have begun with another XDG_RUNTIME_DIR than this process has, as cron and `su` do: the newest socket is the one it made.
      return fitting([inHome, within(`/run/user/${uid}`)].reduce(newer, binds))
    },
  }
}

const bornAt = (path: string): number => orElse(() => lstatSync(path).mtimeMs, 0)
const newer = (one: string, other: string): string => (bornAt(other) > bornAt(one) ? other : one)

/** What lies in the home of every node. */
const filesIn = (home: string) => ({
  home,
  key: join(home, 'identity.key'),
  db: join(home, 'db'),
  thresholds: join(home, 'reports', 'state.json'),
  shells: join(home, 'shells'),
  lock: join(home, 'karo.lock'),
})

/** The home, unless it is in /proc, where the kernel makes all files: Node.js never returns from making a directory there. */
function outsideOfProc(home: string): string {
  if (home !== '/proc' && !home.startsWith('/proc/')) return home
  throw new KaroError('bad_request', 'nobody can keep files in /proc', {
    where: home,
    hint: 'Set HOME or KARO_HOME to a directory on a disk.',
  })
}

/**
 * Paths of the machine's service. systemd.exec(5) names its directories in the environment; without these variables
 * they are where the package's unit puts them. Touches no file.
 */
export function servicePaths(env: Env): HomePaths {
  const home = first(env.STATE_DIRECTORY) ?? '/var/lib/karo'
  const socket = join(first(env.RUNTIME_DIRECTORY) ?? '/run/karo', 'karo.sock')
  return {
    ...filesIn(home),
    config: join(first(env.CONFIGURATION_DIRECTORY) ?? '/etc/karo', 'config.toml'),
    // Users write to the spool, so tmpfiles.d(5) makes it and not the unit.
    spool: '/var/spool/karo',
    muscle: '/run/karo-exec/karo-exec.sock',
    binds: socket,
    socket,
  }
}

/**
 * The file with the settings of the fleet that are in force. The machine's one can be read by every person of the machine, because the guards of their shells follow
 * it, and is made anew when the service starts.
 */
export function fleetFile(configuration: string): string {
  const machine = servicePaths({})
  const directory = configuration === dirname(machine.config) ? dirname(machine.socket) : configuration
  return join(directory, 'fleet.json')
}

/** The guard's rules among them, beside that file. */
export const fleetRules = (fleet: string): string => join(dirname(fleet), 'fleet-guard.toml')

/** The commands that `karo ask` knows from the fleet, beside that file. */
export const fleetKnowledge = (fleet: string): string => join(dirname(fleet), 'fleet-knowledge.txt')

/** True if there is a node's database but no key. False if the directory cannot be read. */
export const isKeyLost = ({ key, db }: Pick<HomePaths, 'key' | 'db'>): boolean =>
  orElse(() => lstatSync(key, { throwIfNoEntry: false }) === undefined && readdirSync(db).length > 0, false)

/** Key and directory of a node are made within this time. */
const MADE_MS = 60_000
/** True if there is a node's key, and its database was there and is gone, as after half a restore. */
export const isDbLost = ({ key, db }: Pick<HomePaths, 'key' | 'db'>): boolean =>
  orElse(() => readdirSync(db).length, 0) === 0 && bornAt(db) - bornAt(key) > MADE_MS

export interface Recording {
  readonly whose: 'own' | 'machine'
  /** Directory of the spool files. */
  readonly spool: string
  /** Directory of the configuration that says what is not recorded. */
  readonly configuration: string
}

/**
 * The node to which a shell hands its records: the person's own node if there is one or KARO_HOME names one, so that
 * no record goes elsewhere unasked; otherwise the machine's node if its service has run here; otherwise the own node that the
 * person may make later.
 */
export function recordingPaths(env: Env, exists: (path: string) => boolean = existsSync): Recording {
  const own = homePaths(env)
  // The environment is left out, because systemd may name the directories of another service there.
  const machine = servicePaths({})
  // A node with a database and no key counts as the own one: its key may come back, and records wait for it.
  const hasOwn = Boolean(env.KARO_HOME) || exists(own.key) || exists(own.db)
  // A container without systemd has the spool of the package, which nothing reads; the service's first start makes its home.
  if (!hasOwn && (exists(machine.socket) || exists(machine.home))) {
    return { whose: 'machine', spool: machine.spool, configuration: dirname(machine.config) }
  }
  return { whose: 'own', spool: own.spool, configuration: own.home }
}

/** The configuration file of the machine's service, if commands with this home go by it too: those of a person without a node. */
export function machineFile(home: string, env: Env): string | undefined {
  const { config } = servicePaths({})
  // The service itself may have no home of a person.
  if (env.KARO_HOME || home === dirname(config) || home !== homePaths(env).home) return undefined
  return recordingPaths(env).whose === 'machine' ? config : undefined
}

/** The first of the directories that systemd lists with colons between them; Karo's unit names one. */
const first = (directories: string | undefined): string | undefined => directories?.split(':')[0] || undefined

function fitting(socket: string): string {
  const bytes = Buffer.byteLength(socket)
  if (bytes <= SOCKET_PATH_BYTES) return socket
  throw new KaroError(
    'bad_config',
    `the control socket's path has ${bytes} bytes, a Unix socket may have ${SOCKET_PATH_BYTES}`,
    { where: socket, hint: 'Choose a KARO_HOME with a shorter path.' },
  )
}

/** What the machine's node follows of its fleet; a service writes it, and the directory is its own. */
export const MACHINE_FLEET = fleetFile('/etc/karo')
