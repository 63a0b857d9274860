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
  bash: (options) =>
    `${bashValues(options)}\n${shellFile('guard/plain.bash')}${shellFile('guard/guard.bash')}`,
  // The last function is defined outside, because it is about the person's options, which those inside do not have.
  zsh: (options) => `${zshSource(`${zshValues(options)}\n${shellFile('guard/guard.zsh')}`)}
'builtin' 'eval' '__karo_guard_bang() { [[ -o banghist ]]; }'
`,
  fish: (options) =>
    `${fishValues(options)}\n${shellFile('guard/plain.fish')}${shellFile('guard/guard.fish')}`,
}

/**
 * The values that the shell files call __karo_given: patterns without signs that bash or zsh expands, limits, and
 * messages.
 */
function given(
  { plain, machineFile, fleetFiles = ['', ''], resident, timeoutMs, onError }: GuardOptions,
  dot = '.',
): readonly (readonly [string, string])[] {
  const { verb, words } = unanswered(onError)
  const patterns = {
    carried: CARRIED_NAMES,
    own: plain.own,
    places: plain.places,
    outputs: plain.outputs,
    system: plain.system,
    git: plain.git,
    // The parts that are whole directories of the system.
    roots: plain.system.filter((part) => part.startsWith('/')),
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
    fleet: fleetFiles[0],
    machine_fleet: fleetFiles[1],
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

/** Only where the hook is at work, because an earlier bash has no such arrays. */
function bashValues(options: GuardOptions): string {
  const { ask, files, ruled, plain } = options
  const table = given(options).map(([key, value]) => `[${key}]=${quoteShell(value)}`)
  const names = (list: readonly string[]): string => list.map((name) => `[${name}]=1`).join(' ')
  return `if [[ \${__karo[dir]-} ]]; then
  __karo_ask=(${ask.map(quoteShell).join(' ')}) __karo_rules=(${files.map(quoteShell).join(' ')})
  declare -gA __karo_given=(${table.join(' ')})
  declare -gA __karo_ruled=(${names(ruled)})
  declare -gA __karo_writers=(${names(plain.writers)}) __karo_reads=(${names(plain.reads)})
fi`
}

function zshValues(options: GuardOptions): string {
  const { ask, files, ruled, plain } = options
  const names = (list: readonly string[]): string => list.map((name) => `${name} 1`).join(' ')
  const table = given(options).map(([key, value]) => `${key} ${quoteShell(value)}`)
  return `__karo_ask=(${ask.map(quoteShell).join(' ')}) __karo_rules=(${files.map(quoteShell).join(' ')})
builtin typeset -gA __karo_given __karo_ruled __karo_writers __karo_reads
__karo_given=(${table.join(' ')})
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
