// Which places of the machine a jail may see: judged on real paths, with what Karo and people's keys need to stay hidden.
import { type BigIntStats, existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { TOOL_DIRECTORIES } from '../../base/words/ai-tools.ts'
import type { Bind } from '../contract/messages.ts'
import { JailError } from './provider.ts'

/** Places of the kernel and of running programs: sockets and devices there answer whoever reaches them. */
const NEVER = ['/proc', '/sys', '/dev', '/run', '/boot', '/tmp', '/var/run', '/var/tmp']
/** Parts of the system: visible, never writable. */
const SYSTEM = [
  '/usr',
  '/etc',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/opt',
  '/var/lib',
  '/var/spool',
]
/** Keys and logins of people, directly below a directory that a jail sees: hidden. */
const HIDDEN = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.netrc',
  '.git-credentials',
  '.pgpass',
  '.karo',
]
/** What programs outside obey later, directly below a writable directory: visible, not writable. */
export const OBEYED = ['.git', '.envrc', '.mcp.json', '.vscode', '.idea', ...TOOL_DIRECTORIES]

export interface Place {
  /** Real path outside, and the path inside. */
  readonly path: string
  readonly write: boolean
  /** Decimal numbers of the file or directory at `path` when it was judged; whoever replaces it since is noticed. */
  readonly device: string
  readonly inode: string
}

export interface Places {
  readonly binds: readonly Place[]
  /** Paths inside that are covered with nothing. `directory` tells with what kind of nothing. */
  readonly hidden: readonly { readonly path: string; readonly directory: boolean }[]
  /** Paths inside a writable bind that are bound again read-only. */
  readonly fixed: readonly string[]
}

/** `path` is `place` or below it. */
export const isIn = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

/**
 * Throws JailError `bad_path` for a bind that does not exist, that is or contains a place of the kernel, or that is one of
 * the `closed` directories (Karo's own) or below, or one of keys; and for a writable one that is or contains a part of the
 * system, or contains a closed directory. Closed directories below a read-only bind are hidden.
 */
export function judgePlaces(binds: readonly Bind[], closed: readonly string[]): Places {
  const judged = binds.map((bind) => judge(bind, closed))
  // A directory before what is below it, so that the narrower bind is mounted over the wider one.
  judged.sort((a, b) => a.path.length - b.path.length)
  const within = (path: string): boolean => judged.some((bind) => isIn(path, bind.path))
  const hidden = [...closed.filter(existsSync).map(realOf).filter(within), ...below(judged, HIDDEN)]
  const fixed = below(
    judged.filter(({ write }) => write),
    OBEYED,
  )
  return {
    binds: judged,
    hidden: [...new Set(hidden)]
      // What covers a directory is empty, so that nothing below it can be covered.
      .filter((path) => !hidden.some((other) => other !== path && isIn(path, other)))
      .flatMap((path) => {
        const stat = lookAt(path)
        return stat === undefined ? [] : [{ path, directory: stat.isDirectory() }]
      }),
    fixed: [...new Set(fixed)].filter((path) => lookAt(path) !== undefined),
  }
}

const below = (places: readonly Place[], names: readonly string[]) =>
  places.flatMap(({ path }) => names.map((name) => join(path, name)))

/** Undefined for what is not there. A link would lead a bind elsewhere, so one in a guarded place ends the request. */
function lookAt(path: string) {
  const stat = orElse(() => lstatSync(path), undefined)
  if (stat?.isSymbolicLink())
    throw new JailError('bad_path', `${path} is a link, so it cannot be guarded inside a jail`)
  return stat
}

function judge({ path, write }: Bind, closed: readonly string[]): Place {
  const refuse = (why: string): never => {
    throw new JailError('bad_path', `${path} cannot be given to a jail: ${why}`)
  }
  let real: string
  let stat: BigIntStats
  try {
    real = realpathSync(path)
    // An inode may be larger than what a number holds exactly.
    stat = statSync(real, { bigint: true })
  } catch (error) {
    const { code, path: first = path } = error as NodeJS.ErrnoException
    if (code !== 'EACCES') return refuse('it is missing')
    const shut = dirname(first)
    return refuse(
      `${shut} is closed: for homes ProtectHome=no (systemctl edit karo-exec, restart it), then setfacl -m u:${process.getuid?.()}:x ${shut}`,
    )
  }
  // Who asked named this path and no other; a link in it may have been put there since, and lead elsewhere.
  if (real !== path) return refuse(`it is, or lies behind, a link or another name of ${real}`)
  if (!stat.isDirectory() && !stat.isFile()) return refuse('it is neither a directory nor a file')
  // Directories of the first level hold the system or everybody's data; what is below them may be given.
  if (dirname(real) === '/' && (!SYSTEM.includes(real) || write))
    return refuse('it holds more than one task needs')
  if (NEVER.some((place) => real === place || (isIn(real, place) && !mayBeWork(real))))
    return refuse('it belongs to the kernel or to running programs')
  if (write && SYSTEM.some((place) => isIn(real, place))) return refuse('the system is never writable')
  if (closed.some((place) => isIn(real, realOf(place)))) return refuse('it is a directory of Karo')
  // What covers it inside would stay where it is, while the directories above it can be renamed for the next jail.
  if (write && closed.some((place) => isIn(realOf(place), real)))
    return refuse('a directory of Karo is below it')
  if (real.split('/').some((part) => HIDDEN.includes(part))) return refuse('it holds keys or logins')
  return { path: real, write, device: String(stat.dev), inode: String(stat.ino) }
}

/** Work is often in a directory of its own below a shared one for temporary files. */
const mayBeWork = (path: string): boolean => /^\/(?:var\/)?tmp\/[^/]+/.test(path)

/** Of what is not there: where it would be. `path` is absolute, and `/` is always there. */
function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(realOf(dirname(path)), basename(path))
  }
}
