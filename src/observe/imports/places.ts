// Where each program keeps its history, in the order in which it is looked for: pure, from the environment.
import { isAbsolute, join } from 'node:path'
import type { Source } from './entry.ts'

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The person's home directory. */
  readonly home: string
  /** What a file says, for configurations; undefined when it cannot be read. */
  readonly read: (path: string) => string | undefined
}

/** Absolute paths; the first that is there, and is what it should be, is the one. */
export function placesOf(source: Source, around: Surroundings): readonly string[] {
  return [...new Set(PLACES[source](around))]
}

/** XDG Base Directory Specification: a relative path in one of its variables is as none. */
const baseOf = (env: Surroundings['env'], name: string, fallback: string): string => {
  const value = env[name]
  return value !== undefined && isAbsolute(value) ? value : fallback
}
const dataHome = ({ env, home }: Surroundings): string =>
  baseOf(env, 'XDG_DATA_HOME', join(home, '.local/share'))

/** Shells rarely export it, and then it may be another shell's. */
const histfile = ({ env }: Surroundings): readonly string[] =>
  env.HISTFILE && isAbsolute(env.HISTFILE) ? [env.HISTFILE] : []
const named = (paths: readonly string[], other: RegExp): readonly string[] =>
  paths.filter((path) => !other.test(path))

const PLACES: Readonly<Record<Source, (around: Surroundings) => readonly string[]>> = {
  bash: (around) => [...named(histfile(around), /zsh|fish|\.zh/), join(around.home, '.bash_history')],
  zsh(around) {
    const { env, home } = around
    const own = env.ZDOTDIR && isAbsolute(env.ZDOTDIR) ? [join(env.ZDOTDIR, '.zsh_history')] : []
    const usual = ['.zsh_history', '.histfile', '.zhistory'].map((name) => join(home, name))
    return [...named(histfile(around), /bash|fish/), ...own, ...usual]
  },
  fish(around) {
    // A name is a session of its own; an empty one is none.
    const session = around.env.fish_history ?? 'fish'
    const names = /^\w+$/.test(session) && session !== 'fish' ? [session, 'fish'] : ['fish']
    return names.map((name) => join(dataHome(around), 'fish', `${name}_history`))
  },
  atuin(around) {
    const { env, home, read } = around
    const usual = join(dataHome(around), 'atuin/history.db')
    if (env.ATUIN_DB_PATH && isAbsolute(env.ATUIN_DB_PATH)) return [env.ATUIN_DB_PATH, usual]
    const config =
      env.ATUIN_CONFIG_DIR ?? join(baseOf(env, 'XDG_CONFIG_HOME', join(home, '.config')), 'atuin')
    const set = databaseOf(read(join(config, 'config.toml')))
    return set === undefined ? [usual] : [set.replace(/^~(?=\/)/, home), usual]
  },
}

/** `db_path` of atuin's own table: a line of its own, before any other table begins. */
function databaseOf(config: string | undefined): string | undefined {
  const top = config?.split(/^\s*\[/m, 1)[0]
  const path = /^\s*db_path\s*=\s*(?:"([^"\\\n]+)"|'([^'\n]+)')/m.exec(top ?? '')
  const value = path?.[1] ?? path?.[2]
  return value !== undefined && (isAbsolute(value) || value.startsWith('~/')) ? value : undefined
}
