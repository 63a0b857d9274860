// The asker's part of a hook: Alt-K hands the words on the line to `karo ask`, and on an empty line the last command to `karo fix`.
import { quoteFish, quoteShell } from '../../../base/quote.ts'
import type { FinderShell } from '../finder/finder.ts'
import { shellFile, zshSource } from '../hook.ts'

interface AskerOptions {
  /** The program that answers and its words, `karo ask --line`; absolute, or found by name. */
  readonly ask: readonly string[]
  /** The same of `karo fix --line`. */
  readonly fix: readonly string[]
}

/** The code that is appended to a shell's hook. */
export const ASKERS: Readonly<Record<FinderShell, (options: AskerOptions) => string>> = {
  bash: (options) => `${array(options)}\n${shellFile('asker/asker.bash')}`,
  zsh: (options) => zshSource(`${array(options)}\n${shellFile('asker/asker.zsh')}`),
  fish: ({ ask, fix }) => `builtin set --global __karo_asker ${ask.map(quoteFish).join(' ')}
builtin set --global __karo_fixer ${fix.map(quoteFish).join(' ')}
${shellFile('asker/asker.fish')}`,
}

const array = ({ ask, fix }: AskerOptions): string =>
  `__karo_asker=(${ask.map(quoteShell).join(' ')})\n__karo_fixer=(${fix.map(quoteShell).join(' ')})`
