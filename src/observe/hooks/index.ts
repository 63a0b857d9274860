// The hooks: for each shell, the code that makes it record its commands; `karo shell init` prints it.
import { quoteFish, quoteShell, toPattern, toRegExpSource, toShellPattern } from '../../base/quote.ts'
import { type Shell, shellFile, zshSource } from './hook.ts'

interface HookOptions {
  /** Absolute. The daemon makes it; the hook makes nothing but its own files in it. */
  readonly spoolDirectory: string
  /** Commands that match any of these globs are not written; see `history.ignore`. */
  readonly ignore: readonly string[]
}

/** Each hook sets values in front of the shell file, whose head says what they are. */
export const HOOKS: Readonly<Record<Shell, (options: HookOptions) => string>> = {
  bash: (options) => `${variables(options)}\n${shellFile('karo.bash')}`,
  zsh: (options) => zshSource(`${variables(options)}\n${shellFile('karo.zsh')}`),
  fish: ({ spoolDirectory, ignore }) => `builtin set --global __karo_spool ${quoteFish(spoolDirectory)}
builtin set --global __karo_ignore ${quoteFish(ignore.map(toRegExpSource).join('|'))}
${shellFile('karo.fish')}`,
  sh: ({ spoolDirectory, ignore }) => `__karo_spool=${quoteShell(spoolDirectory)}
__karo_ignored() { case $1 in ${['', ...ignore].map(toShellPattern).join(' | ')}) ;; *) \\return 1 ;; esac; }
${shellFile('karo.sh')}`,
}

const variables = ({ spoolDirectory, ignore }: HookOptions): string =>
  `__karo_spool=${quoteShell(spoolDirectory)} __karo_ignore=${quoteShell(ignore.map(toPattern).join('|'))}`

export const SHELLS = Object.keys(HOOKS) as readonly Shell[]
