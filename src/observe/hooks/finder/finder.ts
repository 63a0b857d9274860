// The finder's part of a hook: Ctrl-R, or Up, hands what is typed to a program, and takes its choice back to the line.
import { quoteFish, quoteShell } from '../../../base/quote.ts'
import type { GUARD_SHELLS } from '../guard/guard.ts'
import { shellFile, zshSource } from '../hook.ts'

/** Shells that have a line editor: those that can be guarded. */
export type FinderShell = (typeof GUARD_SHELLS)[number]

export interface FinderOptions {
  /** The program that finds and its words, `karo history --interactive`; absolute, or found by name. */
  readonly find: readonly string[]
  readonly keys: readonly FinderKey[]
}

/** Keys that open the finder, each only where it is asked for. */
export const FINDER_KEYS = ['ctrl-r', 'up'] as const
export type FinderKey = (typeof FINDER_KEYS)[number]

/** The code that is appended to a shell's hook. */
export const FINDERS: Readonly<Record<FinderShell, (options: FinderOptions) => string>> = {
  bash: (options) => `${array(options)}\n${shellFile('finder/finder.bash')}`,
  zsh: (options) => zshSource(`${array(options)}\n${shellFile('finder/finder.zsh')}`),
  fish: ({ find, keys }) => `builtin set --global __karo_finder ${find.map(quoteFish).join(' ')}
builtin set --global __karo_finder_keys ${keys.join(' ')}
${shellFile('finder/finder.fish')}`,
}

const array = ({ find, keys }: FinderOptions): string =>
  `__karo_finder=(${find.map(quoteShell).join(' ')}) __karo_finder_keys=(${keys.join(' ')})`
