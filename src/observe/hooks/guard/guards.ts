// The guard's part of a hook: for each shell whose line editor can be guarded, the code that asks before a line runs.
import { quoteFish, quoteShell } from '../../../base/quote.ts'
import { shellFile, zshSource } from '../hook.ts'
import {
  CARRIED_NAMES,
  CUT_OFF,
  type GUARD_SHELLS,
  type GuardOptions,
  MOST_ASKED,
  MOST_DEFINED,
  MOST_WORDS,
  PLAIN_LENGTH,
  RESIDENT,
  RESIDENT_MS,
  SILENT_MS,
  SLOW,
  unanswered,
} from './guard.ts'

/** The code that is appended to a shell's hook. dash has no line editor that could ask. */
export const GUARDS: Readonly<Record<(typeof GUARD_SHELLS)[number], (options: GuardOptions) => string>> = {
  // Values only where the hook is at work, because an earlier bash has no such arrays. All members are asked for: without the array the name of one would be a variable.
  bash: (options) => `if [[ \${__karo[@]-} ]]; then\n${posixValues(options)}\nfi
${shellFile('guard/plain.bash')}${shellFile('guard/guard.bash')}`,
  // The last function is defined outside, because it is about the person's options, which those inside do not have.
  zsh: (options) => `${zshSource(`${posixValues(options)}\n${shellFile('guard/guard.zsh')}`)}
'builtin' 'eval' '__karo_guard_has() { [[ -o $1 ]]; }'
`,
  fish: (options) =>
    `${fishValues(options)}\n${shellFile('guard/plain.fish')}${shellFile('guard/guard.fish')}`,
}

/**
 * The values that the shell files call __karo_given: patterns without signs that bash or zsh expands, limits, and
 * messages.
 */
function given(
  {
    plain,
    machineFile,
    fleetFiles: [fleet, machine_fleet] = ['', ''],
    resident,
    timeoutMs,
    onError,
  }: GuardOptions,
  dot = '.',
): readonly (readonly [string, string])[] {
  const { verb, words } = unanswered(onError)
  const { own, places, outputs, system, git } = plain
  const patterns = {
    carried: CARRIED_NAMES,
    own,
    places,
    outputs,
    system,
    git,
    // The parts that are whole directories of the system.
    roots: system.filter((part) => part.startsWith('/')),
  }
  const values = {
    plain_length: PLAIN_LENGTH,
    most_asked: MOST_ASKED,
    most_defined: MOST_DEFINED,
    most_words: MOST_WORDS,
    // Of the program alone, for fish.
    timeout: seconds(timeoutMs - RESIDENT_MS),
    silent: seconds(Math.min(SILENT_MS, timeoutMs)),
    // Where the resident judge had its time in vain.
    silent_late: seconds(SILENT_MS - RESIDENT_MS),
    rest: seconds(timeoutMs - SILENT_MS),
    slow: SLOW,
    machine: machineFile,
    fleet,
    machine_fleet,
    resident,
    ...Object.fromEntries(Object.entries(RESIDENT).map(([key, value]) => [`resident_${key}`, value])),
    cut_off: CUT_OFF,
    unanswered: words,
    verb,
  }
  return [
    ...Object.entries(patterns).map(([key, parts]) => [key, parts.join('|').replaceAll('.', dot)] as const),
    ...Object.entries(values).map(([key, value]) => [key, String(value)] as const),
  ]
}

/** As a shell's \`read -t\` has them; none would be no wait at all. */
const seconds = (ms: number): number => Math.max(ms, 1) / 1000

/** The keys and values of an associative array stand in turns, which bash takes from 5.1 on. */
function posixValues(options: GuardOptions): string {
  const { ask, files, ruled, plain } = options
  const words = (list: readonly string[]): string => list.map(quoteShell).join(' ')
  const names = (list: readonly string[]): string => list.map((name) => `${name} 1`).join(' ')
  return `__karo_ask=(${words(ask)}) __karo_rules=(${words(files)})
builtin typeset -gA __karo_given __karo_ruled __karo_writers __karo_reads
__karo_given=(${words(given(options).flat())})
__karo_ruled=(${names(ruled)})
__karo_writers=(${names(plain.writers)}) __karo_reads=(${names(plain.reads)})`
}

function fishValues(options: GuardOptions): string {
  const { ask, files, ruled, plain } = options
  const lists = { ask, rules: files, ruled, writers: plain.writers, reads: plain.reads }
  return [
    ...Object.entries(lists).map(([name, list]) => [name, list.map(quoteFish).join(' ')] as const),
    // Of the signs of a regular expression, the patterns have only the dot.
    ...given(options, '\\.').map(([key, value]) => [`given_${key}`, quoteFish(value)] as const),
  ]
    .map(([name, value]) => `builtin set --global __karo_${name} ${value}`)
    .join('\n')
}
