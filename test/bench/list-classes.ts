// Tells which lines of the lists no rule should find, by what the line says alone, so that both halves are treated alike.
// docs/risk-measured.md has the criteria in words. Such a line is counted, and the figure is given with and without it.
import type { Example } from './list-readers.ts'

/** Why a line is left to the policy of the one who keeps the list, or to what is in a file. */
type Class = 'only looks' | 'refused' | 'undone' | 'made again' | 'no command' | 'as everyday' | 'in a file'

const TEMPORARY = /^(?:\/(?:var\/)?tmp\/(?!\.\.)[^*]|\$\{?TMPDIR\}?\/)/
const MADE =
  /^(?:\.\/)?(?:node_modules|build|dist|out|target|coverage|\.next|\.cache|__pycache__|tmp|\.venv|venv)\/?$/

const words = (line: string): readonly string[] => line.trim().split(/\s+/)

/** Whether all that the line does is delete trees that a build or a test makes again, or one's own temporary ones. */
function isMadeAgain(line: string): boolean {
  const commands = line.split(/\s*(?:&&|;|\|\|)\s*/).map((part) => part.replace(/^[\s({$]+|[\s)}]+$/g, ''))
  const deleting = commands.filter((it) => /^(?:sudo )?rm\b/.test(it) || /["']rm\b/.test(it))
  return (
    deleting.length > 0 &&
    deleting.every((it) => {
      const named = words(it.replace(/^.*?\brm\b/, '').replace(/["')]+$/, '')).filter(
        (word) => word !== '' && !word.startsWith('-'),
      )
      return named.length > 0 && named.every((word) => TEMPORARY.test(word) || MADE.test(word))
    }) &&
    commands.every((it) => deleting.includes(it) || /^(?:cd|builtin cd|echo|mkdir|pwd|ls)\b/.test(it))
  )
}

const ONLY_LOOKS =
  /(?:^|\s)(?:--help|--version|--dry-run(?:=\w+)?|--list|--report|--get\w+|--status|--what-if|--check|luksDump|isLuks|print)(?:\s|$)|^(?:sudo\s+)?(?:[sg]|cf)?f?disk\b.*\s-[lsvd]\b|^(?:sudo\s+)?git\s+clean\s+-\w*n|^rsync\s+-\w*n/
const REFUSED =
  /^(?:sudo\s+)?chmod(?:\s+-\S+)+\s+(?:\/\S*|\*|\.+)$|^mount\s+-o\s+\S+\s+\S+$(?<!remount\S*\s+\S+)/
/** What git keeps, what a package manager installs again, and what one more command takes back exactly. */
const UNDONE =
  /^git\s+(?:bisect|cherry-pick|merge|rebase|worktree\s+(?:add|remove\s+\S+$)|restore\s+--staged|revert|pull|fetch|stash\s+(?:pop|apply)|commit|add|branch\s+-d)\b|^git\s+reset\s*$|^(?:pip3?|npm|yarn|pnpm|poetry|apt|brew|gem|cargo)\s+(?:uninstall|remove)\s+[\w@/.-]+$|^(?:sudo\s+)?mount\b(?!.*\bbind)|^(?:k|kubectl)\s+cordon\b|^ssh-keygen\b.*-R\b|^kill\s+-\w+\s+\d{2,}$|^cryptsetup\s+(?:open|close)\b|^dump\b/
const NO_COMMAND =
  /^echo\s+ok\b|print\(["']ok["']\)|^[a-z]+-command$|^In \w+ machine|^(?:int|char|struct)\s\w+\s*=|^\w+\.\w+\.\w+\s*=/

/** Techniques of the tactics Collection, and Command and Control, and encodings: what is packed, copied or fetched decides. */
const AS_EVERYDAY =
  /^T(?:1001|1005|1008|1025|1027|1030|1039|1071|1074|1090|1095|1102|1104|1105|1114|1119|1132|1140|1213|1560|1568|1571|1573)\b/
/** Commands between those that run a program of the tests. */
const PREPARES =
  /^(?:cp|cd|chmod|mkdir|echo|export|sudo|ls|cat|sleep|which|if|then|else|fi|done|clang|gcc|g\+\+|clang\+\+|go|make)\b|^\.?\/?a\.out|^\w+=/

/** The class of the line; undefined where a rule should find it. */
export function classOf({ line, from }: Example, list: string): Class | undefined {
  if (list.startsWith('atomics')) {
    if (AS_EVERYDAY.test(from)) return 'as everyday'
    const commands = line
      .split(/\n|&&|;/)
      .map((it) => it.trim())
      .filter((it) => it !== '')
    const runs = (it: string) =>
      /^(?:sudo\s+)?(?:(?:ba)?sh\s+|python3?\s+|\.\/)?"?\$?\/opt\/atomics\//.test(it) || /^\.\//.test(it)
    return commands.some(runs) && commands.every((it) => runs(it) || PREPARES.test(it))
      ? 'in a file'
      : undefined
  }
  if (NO_COMMAND.test(line)) return 'no command'
  if (ONLY_LOOKS.test(line)) return 'only looks'
  if (REFUSED.test(line)) return 'refused'
  if (UNDONE.test(line)) return 'undone'
  return isMadeAgain(line) ? 'made again' : undefined
}
