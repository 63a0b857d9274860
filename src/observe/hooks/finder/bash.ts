// The finder in bash: Ctrl-R, by a handler of readline; appended to the hook that records.

import { quoteShell } from '../../../base/quote.ts'
import { type FinderHookOptions, MOST_TYPED } from './finder.ts'

/**
 * As with the guard, one key becomes two: the first runs the handler, which decides what the second does. Also as there:
 * backquotes, because `$(…)` in the middle of a string in several lines would end bash 5.2.
 */
export function bashFinder({ find }: FinderHookOptions): string {
  return String.raw`
# Karo's finder on Ctrl-R: the command that is chosen comes to the line and is not run.
if [[ $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${'$'}{BLE_VERSION-} ]]; then
  __karo_found() {
    KARO_LINE=${'$'}{READLINE_LINE:0:${MOST_TYPED}} builtin command ${find.map(quoteShell).join(' ')}
  }
  # $1 is $_, which ends as it was.
  __karo_find() {
    local found then=redraw-current-line map
    if found=${'`'}__karo_found${'`'}; then
      if [[ $found ]]; then
        READLINE_LINE=$found READLINE_POINT=${'$'}{#found}
      fi
    else
      then=reverse-search-history
    fi
    for map in emacs vi-insert vi-command; do builtin bind -m "$map" "\"\C-x\C-zs\": $then"; done
  }
  # Not in a function of its own: a person's start file may bind the key anew behind it.
  for __karo_map in emacs vi-insert vi-command; do
    builtin bind -m "$__karo_map" -x '"\C-x\C-zf": __karo_find "$_" || : "$_"'
    builtin bind -m "$__karo_map" '"\C-x\C-zs": redraw-current-line'
    builtin bind -m "$__karo_map" '"\C-r": "\C-x\C-zf\C-x\C-zs"'
  done
  unset -v __karo_map
fi
`
}
