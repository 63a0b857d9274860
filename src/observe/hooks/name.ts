// Gives the program its name in shells where no directory of the PATH has it: a function that every hook can begin with.
import { quoteFish, quoteShell } from '../../base/quote.ts'
import { type Shell, zshSource } from './hook.ts'

/**
 * Code that makes `karo` run these words, unquoted. A command, an alias or a function with that name stays what it is: the
 * code asks when the shell starts, so that a package that is installed later is found.
 */
export const NAMED: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: posix,
  zsh: (words) => zshSource(posix(words)),
  fish: (words) =>
    `builtin type --query karo; or function karo; ${words.map(quoteFish).join(' ')} $argv; end\n`,
  sh: posix,
}

/** In `eval`, because the name alone would be read as the alias, if there is one. */
function posix(words: readonly string[]): string {
  const body = `karo() { ${words.map(quoteShell).join(' ')} "$@"; }`
  return `\\command -v karo >/dev/null 2>&1 || \\eval ${quoteShell(body)}\n`
}
