// Paths at which each program may keep its history, in the order of search; computed from the environment.
import { isAbsolute, join } from 'node:path'
import type { Source } from './entry.ts'

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The person's home directory. */
  readonly home: string
  /** Returns the text of a configuration file; undefined if it cannot be read. */
  readonly read: (path: string) => string | undefined
}

/** Absolute paths; the first that exists and has the right kind of content is used. */
export function placesOf(source: Source, around: Surroundings): readonly string[] {
  return [...new Set(PLACES[source](around))]
}

/** A path from a variable of the XDG Base Directory Specification; a relative one is ignored. */
const baseOf = (env: Surroundings['env'], name: string, fallback: string): string => {
  const value = env[name]
  return value !== undefined && isAbsolute(value) ? value : fallback
}
const dataHome = ({ env, home }: Surroundings): string =>
  baseOf(env, 'XDG_DATA_HOME', join(home, '.local/share'))

/** HISTFILE is rarely exported, and may then belong to another shell. */
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
    // A session name selects another file; an empty one selects none.
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

/** `db_path` in atuin's configuration: a line before the first table. */
function databaseOf(config: string | undefined): string | undefined {
  const top = config?.split(/^\s*\[/m, 1)[0]
  const path = /^\s*db_path\s*=\s*(?:"([^"\\\n]+)"|'([^'\n]+)')/m.exec(top ?? '')
  const value = path?.[1] ?? path?.[2]
  return value !== undefined && (isAbsolute(value) || value.startsWith('~/')) ? value : undefined
}
