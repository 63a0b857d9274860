// Where a node keeps its things: from KARO_HOME and the XDG base directories, or as a service of the machine.
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { KaroError } from '../base/errors.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface HomePaths {
  /** Directory of everything a node owns, 0700. */
  readonly home: string
  /** config.toml. */
  readonly config: string
  /** PKCS8 PEM, 0600. */
  readonly key: string
  /** Level database, a directory. */
  readonly db: string
  /** Directory of the shells' spool files. */
  readonly spool: string
  /** Control socket; of a user's own node 0600, of a service 0660. Reading it throws KaroError bad_config when the path is longer than the system allows. */
  readonly socket: string
  /** Held by the running daemon; holds its pid. */
  readonly lock: string
}

/** `sun_path` of unix(7) has 108 bytes including the final NUL. */
const SOCKET_PATH_BYTES = 107

/**
 * With KARO_HOME set everything is below it. Without, the home is `~/.local/share/karo` and the socket is
 * `$XDG_RUNTIME_DIR/karo/karo.sock`, or in the home where there is no XDG_RUNTIME_DIR. Touches no file.
 */
export function homePaths(env: Env): HomePaths {
  const given = env.KARO_HOME
  const home = given ? resolve(given) : join(env.HOME || homedir(), '.local', 'share', 'karo')
  const runtime = given ? undefined : env.XDG_RUNTIME_DIR
  const socket = runtime ? join(runtime, 'karo', 'karo.sock') : join(home, 'karo.sock')
  return {
    home,
    config: join(home, 'config.toml'),
    key: join(home, 'identity.key'),
    db: join(home, 'db'),
    spool: join(home, 'spool'),
    lock: join(home, 'karo.lock'),
    // Only on use: commands that never talk to the daemon work below any path.
    get socket(): string {
      return fitting(socket)
    },
  }
}

/**
 * Of a service of the machine: systemd.exec(5) names its directories in the environment, and without it they are where
 * the package's unit puts them. Touches no file.
 */
export function servicePaths(env: Env): HomePaths {
  const home = first(env.STATE_DIRECTORY) ?? '/var/lib/karo'
  const socket = join(first(env.RUNTIME_DIRECTORY) ?? '/run/karo', 'karo.sock')
  return {
    home,
    config: join(first(env.CONFIGURATION_DIRECTORY) ?? '/etc/karo', 'config.toml'),
    key: join(home, 'identity.key'),
    db: join(home, 'db'),
    // Not systemd's to make: it is the users' to write, so tmpfiles.d(5) does.
    spool: '/var/spool/karo',
    lock: join(home, 'karo.lock'),
    get socket(): string {
      return fitting(socket)
    },
  }
}

/** The directory has a node's database, and no key: it was a node whose key is gone. False where that cannot be seen. */
export function isKeyLost({ key, db }: Pick<HomePaths, 'key' | 'db'>): boolean {
  try {
    return lstatSync(key, { throwIfNoEntry: false }) === undefined && readdirSync(db).length > 0
  } catch {
    return false
  }
}

export interface Recording {
  readonly whose: 'own' | 'machine'
  /** Directory of the spool files. */
  readonly spool: string
  /** Directory of the configuration that says what is not recorded. */
  readonly configuration: string
}

/**
 * To which node a shell leaves its records: to one's own where there is one (or KARO_HOME names one), so that nothing of
 * it goes elsewhere unasked; else to the machine's where that is installed; else to one's own that is yet to be.
 */
export function recordingPaths(env: Env, exists: (path: string) => boolean = existsSync): Recording {
  const own = homePaths(env)
  // Without the environment: what systemd names there to some other service is not Karo's.
  const machine = servicePaths({})
  // A key that is lost comes back: until then what is typed waits for it.
  const hasOwn = Boolean(env.KARO_HOME) || exists(own.key) || exists(own.db)
  if (!hasOwn && (exists(machine.socket) || exists(machine.spool))) {
    return { whose: 'machine', spool: machine.spool, configuration: dirname(machine.config) }
  }
  return { whose: 'own', spool: own.spool, configuration: own.home }
}

/** A unit may name several directories, with colons between them; ours names one. */
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
