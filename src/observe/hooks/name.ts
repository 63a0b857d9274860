// Gives the program its name in shells where no directory of the PATH has it: by ~/.local/bin on the PATH, else by a function.
import { quoteFish, quoteShell } from '../../base/quote.ts'
import { type Shell, zshSource } from './hook.ts'

/**
 * Code that makes `karo` run these words, unquoted. Where ~/.local/bin has the program, that directory comes onto the PATH,
 * so that what the shell starts finds it too. A command, an alias or a function with that name stays what it is: the code
 * asks when the shell starts, so that a package that is installed later is found.
 */
export const NAMED: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: posix,
  zsh: (words) => zshSource(posix(words)),
  fish: (words) =>
    `if builtin test -x ~/.local/bin/karo; and not builtin contains -- ~/.local/bin $PATH; set --export --global PATH ~/.local/bin $PATH; end\nbuiltin type --query karo; or function karo; ${words.map(quoteFish).join(' ')} $argv; end\n`,
  sh: posix,
}

/** In `eval`, because the name alone would be read as the alias, if there is one. */
function posix(words: readonly string[]): string {
  const body = `karo() { ${words.map(quoteShell).join(' ')} "$@"; }`
  return `if \\test -x "$HOME/.local/bin/karo"; then case ":$PATH:" in *":$HOME/.local/bin:"*) ;; *) \\export PATH="$HOME/.local/bin:$PATH" ;; esac; fi\n\\command -v karo >/dev/null 2>&1 || \\eval ${quoteShell(body)}\n`
}

/** Code that puts a directory in front of the PATH where it is there when the shell starts. */
export const FIRST_ON_PATH: Readonly<Record<Shell, (directory: string) => string>> = {
  bash: first,
  zsh: (directory) => zshSource(first(directory)),
  fish: (directory) =>
    `if builtin test -d ${quoteFish(directory)}; and not builtin contains -- ${quoteFish(directory)} $PATH; set --export --global PATH ${quoteFish(directory)} $PATH; end\n`,
  sh: first,
}

function first(directory: string): string {
  const quoted = quoteShell(directory)
  return `if \\test -d ${quoted}; then case ":$PATH:" in *:${quoted}:*) ;; *) \\export PATH=${quoted}":$PATH" ;; esac; fi\n`
}
