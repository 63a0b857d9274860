// What the judgement is told of this machine's files: which of the guard's own are there, and where links lead.
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Env } from '../../config/paths.ts'
import type { Machine } from '../risk/index.ts'
import { SETTINGS_ENDS, START_FILES } from '../risk/writes/own-files.ts'
import type { Guard } from './guard.ts'

export interface MachinePlace {
  readonly cwd?: string
  readonly home?: string
  readonly karoHome?: string
}

/** Directories above the working directory that are looked at for a project's settings. */
const MOST_LEVELS = 16
/** Different paths that are looked up for one line; a line of at most 64 KiB has fewer words. */
const MOST_LOOKUPS = 8_192
/** Variables by which AI tools are told where else their settings are, and the files there. */
const MOVED: Readonly<Record<string, readonly string[]>> = {
  CLAUDE_CONFIG_DIR: ['settings.json', 'settings.local.json'],
  CODEX_HOME: ['hooks.json', 'config.toml'],
  COPILOT_HOME: ['hooks/karo.json', 'config.json', 'settings.json'],
}

/** Looks at files only when the judgement asks for it. Never throws. */
export function machineOf(place: MachinePlace, env: Env, guard: Pick<Guard, 'files'>): Machine {
  const known = new Map<string, string>()
  let files: readonly string[] | undefined
  let startFiles: readonly string[] | undefined
  let programs: readonly string[] | undefined
  const real = (path: string): string => {
    const before = known.get(path)
    if (before !== undefined) return before
    if (known.size >= MOST_LOOKUPS) return path
    const found = realOf(path)
    known.set(path, found)
    return found
  }
  return {
    get files() {
      files ??= ownFiles(place, env, guard).filter(isThere).map(real)
      return files
    },
    get startFiles() {
      startFiles ??= startFilesOf(place).filter(isThere).map(real)
      return startFiles
    },
    get programs() {
      programs ??= [process.execPath, process.argv[1]]
        .filter((path) => path?.startsWith('/'))
        .map((path) => real(path as string))
      return programs
    },
    real,
  }
}

function ownFiles(
  { home, cwd, karoHome }: MachinePlace,
  env: Env,
  guard: Pick<Guard, 'files'>,
): readonly string[] {
  const homes = home === undefined ? [] : SETTINGS_ENDS.map((end) => join(home, end))
  const moved = Object.entries(MOVED).flatMap(([name, ends]) => {
    const directory = env[name]
    return directory?.startsWith('/') ? ends.map((end) => join(directory, end)) : []
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

function isThere(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}

/** With links followed as far as the path exists; a name that is not there yet is made below where its directory is. */
function realOf(path: string): string {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync.native(at), ...missing)
    } catch {
      if (dirname(at) === at) return path
      missing.unshift(basename(at))
    }
  }
}
