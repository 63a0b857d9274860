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

/** The path in a variable, if it is absolute; the XDG Base Directory Specification has others ignored. */
function pathIn({ env }: Surroundings, name: string): readonly string[] {
  const value = env[name]
  return value !== undefined && isAbsolute(value) ? [value] : []
}
const dataHome = (around: Surroundings): string =>
  pathIn(around, 'XDG_DATA_HOME')[0] ?? join(around.home, '.local/share')

/** HISTFILE is rarely exported, and may then belong to another shell. */
const histfile = (around: Surroundings, other: RegExp): readonly string[] =>
  pathIn(around, 'HISTFILE').filter((path) => !other.test(path))

const PLACES: Readonly<Record<Source, (around: Surroundings) => readonly string[]>> = {
  bash: (around) => [...histfile(around, /zsh|fish|\.zh/), join(around.home, '.bash_history')],
  zsh(around) {
    const own = pathIn(around, 'ZDOTDIR').map((directory) => join(directory, '.zsh_history'))
    const usual = ['.zsh_history', '.histfile', '.zhistory'].map((name) => join(around.home, name))
    return [...histfile(around, /bash|fish/), ...own, ...usual]
  },
  fish(around) {
    // A session name selects another file; an empty one selects none.
    const session = around.env.fish_history ?? 'fish'
    const names = /^\w+$/.test(session) ? [session, 'fish'] : ['fish']
    return names.map((name) => join(dataHome(around), 'fish', `${name}_history`))
  },
  atuin(around) {
    const { env, home, read } = around
    const usual = join(dataHome(around), 'atuin/history.db')
    const [own] = pathIn(around, 'ATUIN_DB_PATH')
    if (own !== undefined) return [own, usual]
    const config =
      env.ATUIN_CONFIG_DIR ?? join(pathIn(around, 'XDG_CONFIG_HOME')[0] ?? join(home, '.config'), 'atuin')
    const set = databaseOf(read(join(config, 'config.toml')))
    return set === undefined ? [usual] : [set.replace(/^~(?=\/)/, home), usual]
  },
}

/** `db_path` in atuin's configuration: a line before the first table. */
function databaseOf(config: string | undefined): string | undefined {
  const top = config?.split(/^\s*\[/m, 1)[0]
  const [, , value] = /^\s*db_path\s*=\s*(["'])(.+?)\1/m.exec(top ?? '') ?? []
  return value !== undefined && (isAbsolute(value) || value.startsWith('~/')) ? value : undefined
}
