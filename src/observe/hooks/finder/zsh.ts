// The finder in zsh: a widget on Ctrl-R; appended to the hook that records.

import { quoteShell } from '../../../base/quote.ts'
import { type FinderHookOptions, MOST_TYPED } from './finder.ts'

/** Functions defined under `emulate -c` run with those options, whatever the person sets (zshbuiltins(1)). */
export function zshFinder({ find }: FinderHookOptions): string {
  return `
'builtin' 'emulate' 'zsh' '-o' 'no_aliases' '-o' 'no_err_exit' '-o' 'no_err_return' '-o' 'no_xtrace' '-o' \\
  'local_traps' '-c' ${quoteShell(body(find))}
`
}

/** As in the hook, functions have no variables: the person may have made one of that name read-only. */
const body = (find: readonly string[]): string => `
# Karo's finder on Ctrl-R: the command that is chosen comes to the line and is not run.
if [[ -o interactive && -o zle ]] && builtin zmodload zsh/zle 2>/dev/null; then
  builtin typeset -g __karo_found
  __karo_find() {
    if __karo_found=$(KARO_LINE=\${BUFFER[1,${MOST_TYPED}]} builtin command ${find.map(quoteShell).join(' ')} </dev/tty); then
      if [[ -n $__karo_found ]]; then
        BUFFER=$__karo_found
        CURSOR=$#BUFFER
      fi
      __karo_found=
      builtin zle .redisplay
    else
      __karo_found=
      # Why was printed by the program; the prompt comes anew below.
      builtin zle -I
      builtin zle history-incremental-search-backward
    fi
  }
  builtin zle -N __karo_find
  builtin bindkey -M emacs '^R' __karo_find
  builtin bindkey -M viins '^R' __karo_find
  builtin bindkey -M vicmd '^R' __karo_find
fi
:
`
