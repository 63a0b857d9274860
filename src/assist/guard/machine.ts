// What the judgement may know about this machine's files: which files of the guard exist, and where links lead.
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { AI_TOOL_LIST } from '../../base/words/ai-tools.ts'
import { isPlainPath } from '../../base/words/plain-path.ts'
import type { Env } from '../../config/paths.ts'
import type { Machine } from '../risk/index.ts'
import { SETTINGS_ENDS, START_FILES } from '../risk/writes/own-files.ts'
import { createGitAliases } from './git-aliases.ts'
import type { Guard } from './guard.ts'

export interface MachinePlace {
  readonly cwd?: string
  readonly home?: string
  readonly karoHome?: string
  /** Whether the file at the path may be looked at. Where it may not, the path is taken as it is; default: always. */
  readonly mayLook?: (path: string) => boolean
  readonly runs?: Machine['runs']
}

/** Directories above the working directory in which a project's settings are looked for. */
const MOST_LEVELS = 16
/** Different paths resolved for one line; a line of 64 KiB has fewer words. */
const MOST_LOOKUPS = 8_192

/** Reads file names only when the judgement asks for them. Never throws. */
export function machineOf(place: MachinePlace, env: Env, guard: Pick<Guard, 'files'>): Machine {
  const known = new Map<string, string>()
  let files: readonly string[] | undefined
  let startFiles: readonly string[] | undefined
  let programs: readonly string[] | undefined
  const { mayLook = () => true } = place
  const follow = createFollow(mayLook)
  const existing = (paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) => {
      const { at, isThere } = follow(path)
      return isThere ? [at] : []
    })
  const real = (path: string): string => {
    const before = known.get(path)
    if (before !== undefined) return before
    if (known.size >= MOST_LOOKUPS) return path
    const { at, isThere } = follow(path)
    const found = (isThere && ownNameOf(at)) || at
    known.set(path, found)
    return found
  }
  let ownNames: ReadonlyMap<string, string> | undefined
  /** The name as a file of the guard, if what is at the path has another one as such. */
  function ownNameOf(at: string): string | undefined {
    const id = hardLinked(at)
    if (id === undefined) return undefined
    ownNames ??= new Map(
      [...machine.files, ...machine.startFiles]
        .flatMap((path) => [path, ...orElse(() => readdirSync(path).map((name) => join(path, name)), [])])
        .map((path) => [hardLinked(path) ?? '', path]),
    )
    return ownNames.get(id)
  }
  const machine: Machine = {
    get files() {
      files ??= existing(ownFiles(place, env, guard))
      return files
    },
    get startFiles() {
      startFiles ??= existing(startFilesOf(place))
      return startFiles
    },
    get programs() {
      programs ??= [process.execPath, process.argv[1]]
        .filter((path) => path?.startsWith('/'))
        .map((path) => real(path as string))
      return programs
    },
    real,
    holds: (path) => {
      if (!path.startsWith('/') || !mayLook(path)) return false
      const stat = orElse(() => statSync(path), undefined)
      return stat?.isFile() === true && stat.size > 0
    },
    isMounted,
    read: (path) => (mayLook(path) ? orElse(() => smallText(path), undefined) : undefined),
    names: (directory) => (mayLook(directory) ? orElse(() => readdirSync(directory), []) : []),
    ...(place.runs !== undefined && { runs: place.runs }),
    gitAlias: createGitAliases({ ...(place.home !== undefined && { home: place.home }), mayLook }, env),
  }
  return machine
}

/** Which file it is on its disk, if that has several names. */
function hardLinked(path: string): string | undefined {
  const stat = orElse(() => lstatSync(path), undefined)
  return stat?.isFile() === true && stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined
}

/** Bytes; a longer script is not read before it runs. */
const MOST_SCRIPT = 16_384

function smallText(path: string): string | undefined {
  const stat = statSync(path)
  // Reading a pipe would wait.
  if (!stat.isFile() || stat.size > MOST_SCRIPT) return undefined
  const text = readFileSync(path, 'utf8')
  return text.includes('\0') ? undefined : text
}

/** Devices in use begin the lines of these files, links followed by the kernel. */
const IN_USE = ['/proc/self/mounts', '/proc/swaps']

function isMounted(disk: string): boolean {
  const own = orElse(() => realpathSync(disk), disk)
  return IN_USE.some((file) =>
    orElse(() => readFileSync(file, 'utf8'), '')
      .split('\n')
      .some((line) => {
        const name = line.split(' ', 1)[0] as string
        const device = name.startsWith('/dev/') ? orElse(() => realpathSync(name), name) : name
        return device === own || (device.startsWith(own) && /^p?\d+$/.test(device.slice(own.length)))
      }),
  )
}

function ownFiles(
  { home, cwd, karoHome }: MachinePlace,
  env: Env,
  guard: Pick<Guard, 'files'>,
): readonly string[] {
  const homes = home === undefined ? [] : SETTINGS_ENDS.map((end) => join(home, end))
  const moved = AI_TOOL_LIST.flatMap(({ directory, settings }) => {
    const given = env[directory.env ?? '']
    return given?.startsWith('/') ? settings.map((file) => join(given, file)) : []
  })
  const projects: string[] = []
  let at = cwd
  for (let level = 0; at !== undefined && level < MOST_LEVELS; level++) {
    for (const end of SETTINGS_ENDS) projects.push(join(at, end))
    at = dirname(at) === at ? undefined : dirname(at)
  }
  const rules = guard.files.map(({ path }) => path).filter((path) => path.startsWith('/'))
  return [
    ...new Set([...homes, ...moved, ...projects, ...rules, ...(karoHome === undefined ? [] : [karoHome])]),
  ]
}

const startFilesOf = ({ home }: MachinePlace): readonly string[] =>
  home === undefined ? [] : START_FILES.map((end) => join(home, end))

/** Links of one path that are followed, as many as the kernel follows. */
const MOST_LINKS = 40

interface Followed {
  readonly at: string
  readonly isThere: boolean
}

/**
 * The path with links followed as far as it exists, where the rest is a file yet to be made; and whether it is there. A path
 * with a link to where nobody may look stays as it is, and counts as missing. Each directory is looked at once.
 */
function createFollow(mayLook: (path: string) => boolean): (path: string) => Followed {
  const directories = new Map<string, Followed>()

  function follow(path: string): Followed {
    const parent = dirname(path)
    // Behind a link, `..` is not the directory that the text names.
    if (parent === path || !isPlainPath(path)) return walk(path.split('/'), '/', path)
    const known = directories.get(parent)
    const directory = known ?? follow(parent)
    if (known === undefined) directories.set(parent, directory)
    if (!directory.isThere) return { at: join(directory.at, basename(path)), isThere: false }
    return walk([basename(path)], directory.at, path)
  }

  /** From the directory `done` on, which has no links in it. */
  function walk(left: string[], done: string, path: string): Followed {
    for (let links = 0; left.length > 0; ) {
      const part = left.shift()
      if (part === '..') done = dirname(done)
      if (part === '' || part === '.' || part === '..') continue
      const at = join(done, part as string)
      if (!mayLook(at)) return { at: path, isThere: false }
      try {
        const target = readlinkSync(at)
        if (++links > MOST_LINKS) return { at: path, isThere: false }
        left.unshift(...target.split('/'))
        if (target.startsWith('/')) done = '/'
      } catch (error) {
        // A file or directory that is no link; anything else is missing, or cannot be read.
        if ((error as NodeJS.ErrnoException).code !== 'EINVAL')
          return { at: normalize(join(at, ...left)), isThere: false }
        done = at
      }
    }
    return { at: done, isThere: true }
  }

  return follow
}
