// Has a shell start the daemon where none runs, on machines without systemd: no fork while one runs.
import { quoteFish, quoteShell } from '../../base/quote.ts'
import { type Shell, zshSource } from './hook.ts'

interface StartOptions {
  /** The daemon's lock file, which has its pid: `{"pid":123,…}`. */
  readonly lock: string
  /** The name under which the system lists the daemon. */
  readonly process: string
  /** The words that start the daemon and return. */
  readonly start: readonly string[]
}

/** Code at the end of a hook. What the start says is in `up.log` of the node's directory; the shell does not wait for it. */
export const STARTERS: Readonly<Record<Shell, (options: StartOptions) => string>> = {
  bash: posix,
  sh: posix,
  zsh: (options) => zshSource(posix(options)),
  fish: ({ lock, process, start }) => `if builtin status is-interactive
    builtin set --local pid
    builtin set --local name
    builtin test -r ${quoteFish(lock)}; and builtin read --local --line line <${quoteFish(lock)}; and builtin set pid (builtin string replace --filter --regex '.*"pid":(\\d+).*' '$1' -- $line)
    builtin test -n "$pid"; and builtin test -r /proc/$pid/comm; and builtin read name </proc/$pid/comm
    if builtin test "$name" != ${quoteFish(process)}
        command ${start.map(quoteFish).join(' ')} </dev/null >/dev/null 2>&1 &
        builtin disown
    end
end
`,
}

function posix({ lock, process, start }: StartOptions): string {
  return `case $- in *i*)
  __karo_pid= __karo_name=
  if \\test -r ${quoteShell(lock)}; then IFS= \\read -r __karo_pid <${quoteShell(lock)} || :; fi
  __karo_pid=\${__karo_pid#*'"pid":'} __karo_pid=\${__karo_pid%%[!0-9]*}
  if \\test -n "$__karo_pid" && \\test -r "/proc/$__karo_pid/comm"; then IFS= \\read -r __karo_name <"/proc/$__karo_pid/comm" || :; fi
  if \\test "$__karo_name" != ${quoteShell(process)}; then (\\command ${start.map(quoteShell).join(' ')} </dev/null >/dev/null 2>&1 &); fi
  \\unset __karo_pid __karo_name ;;
esac
`
}
