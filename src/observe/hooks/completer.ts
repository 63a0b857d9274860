// Has a shell load Karo's completions at the first Tab behind `karo`: no fork before.
import { quoteFish, quoteShell } from '../../base/quote.ts'
import type { FinderShell } from './finder/finder.ts'
import { zshSource } from './hook.ts'

/** Code at the end of a hook; `print` are the words that print the script of completions. */
export const COMPLETERS: Readonly<Record<FinderShell, (print: readonly string[]) => string>> = {
  // A function that returns 124 has bash begin the completion again, by what was loaded meanwhile.
  bash: (print) => `__karo_tab() {
  ${load(print)}
  \\declare -F _karo >/dev/null && \\return 124
}
\\complete -F __karo_tab karo 2>/dev/null
`,
  // Completions need options that zsh sets around them, so that they are not read under `emulate` as the rest of the hook is.
  zsh: (print) => `functions[__karo_tab]=${quoteShell(`${load(print)}
(( $+functions[_karo] )) && _karo "$@"`)}
${zshSource('(( ! $+functions[compdef] )) || compdef __karo_tab karo')}`,
  // A package has the completions where fish finds them by itself. Those that fish makes of the manual pages know only options, and no subcommand.
  fish: (
    print,
  ) => `if not builtin count (builtin string match -v '*/generated_completions' $fish_complete_path)/karo.fish* >/dev/null
    function __karo_tab
        complete -ec karo
        ${print.map(quoteFish).join(' ')} </dev/null 2>/dev/null | builtin source
        complete -C (builtin commandline -cp)
    end
    complete -c karo -fa '(__karo_tab)'
end
`,
}

const load = (print: readonly string[]) =>
  `\\builtin eval "$(\\command ${print.map(quoteShell).join(' ')} </dev/null 2>/dev/null)"`
