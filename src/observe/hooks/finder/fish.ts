// The finder in fish: a function on Ctrl-R; appended to the hook that records.

import { quoteFish } from '../../../base/quote.ts'
import { type FinderHookOptions, MOST_TYPED } from './finder.ts'

/** Fish 3.6 has a search of its own on this key, the history pager; before, none. */
export function fishFinder({ find }: FinderHookOptions): string {
  return `
# Karo's finder on Ctrl-R: the command that is chosen comes to the line and is not run.
if builtin status is-interactive
    function __karo_find
        builtin set --local typed (builtin commandline | builtin string collect)
        builtin set --local IFS \\n
        builtin set --local --export KARO_LINE (builtin string sub --length ${MOST_TYPED} -- "$typed" | builtin string collect)
        builtin set --local found (command ${find.map(quoteFish).join(' ')})
        if builtin test $status -eq 0
            if builtin set --query found[1]
                builtin commandline --replace -- (builtin string join \\n -- $found | builtin string collect)
            end
            builtin commandline --function repaint
        else
            builtin commandline --function repaint
            if builtin contains -- history-pager (builtin bind --function-names)
                builtin commandline --function history-pager
            end
        end
    end
    builtin bind \\cr __karo_find
    builtin bind --mode insert \\cr __karo_find
end
`
}
