// The table of rules: every rule there is, and which of them look at which command.
import type { LineFact, SimpleCommand } from '../model.ts'
import { mayBeOwn, mayBeSystem } from '../own-files.ts'
import { isWrapper } from '../unwrap.ts'
import { hasOutput, isWriter } from '../write-positions.ts'
import { ONLY_READ, USUAL_STARTS } from '../write-tools.ts'
import { ACCOUNT_RULES } from './accounts.ts'
import { CLUSTER_RULES } from './clusters.ts'
import { CODE_RULES, LINE_RULES } from './code.ts'
import { CONTAINER_RULES } from './containers.ts'
import { DATABASE_RULES } from './databases.ts'
import { DEFENCE_RULES } from './defence.ts'
import { DELETION_RULES } from './deletions.ts'
import { DISK_RULES } from './disks.ts'
import { GIT_RULES } from './git.ts'
import { GUARD_RULES } from './guard.ts'
import { KEY_RULES } from './keys.ts'
import { MASS_WRITE_RULES } from './mass-writes.ts'
import { NETWORK_RULES } from './network.ts'
import { OVERWRITE_RULES } from './overwrites.ts'
import { PACKAGE_RULES } from './packages.ts'
import { PERMISSION_RULES } from './permissions.ts'
import { PLATFORM_RULES } from './platforms.ts'
import { RECORD_RULES } from './records.ts'
import type { LineRule, Rule } from './rule.ts'
import { SCHEDULE_RULES } from './schedule.ts'
import { SECRET_RULES } from './secrets.ts'
import { SHELL_RULES } from './shells.ts'
import { SWEEP_RULES } from './sweeps.ts'
import { SYSTEM_RULES } from './system.ts'
import { TOOL_RULES } from './tools.ts'
import { VOLUME_RULES } from './volumes.ts'

export const RULES: readonly Rule[] = [
  ...DELETION_RULES,
  ...SWEEP_RULES,
  ...KEY_RULES,
  ...OVERWRITE_RULES,
  ...MASS_WRITE_RULES,
  ...RECORD_RULES,
  ...DISK_RULES,
  ...VOLUME_RULES,
  ...PERMISSION_RULES,
  ...ACCOUNT_RULES,
  ...CODE_RULES,
  ...SHELL_RULES,
  ...SECRET_RULES,
  ...GIT_RULES,
  ...DATABASE_RULES,
  ...CONTAINER_RULES,
  ...CLUSTER_RULES,
  ...PLATFORM_RULES,
  ...TOOL_RULES,
  ...PACKAGE_RULES,
  ...SYSTEM_RULES,
  ...DEFENCE_RULES,
  ...GUARD_RULES,
  ...NETWORK_RULES,
  ...SCHEDULE_RULES,
]

const BY_TOOL = new Map<string, Rule[]>()
for (const rule of RULES) {
  for (const tool of rule.tools) {
    const list = BY_TOOL.get(tool)
    if (list === undefined) BY_TOOL.set(tool, [rule])
    else list.push(rule)
  }
}
const NONE: readonly Rule[] = []
export const EVERY_COMMAND: readonly Rule[] = BY_TOOL.get('*') ?? NONE

/** Rules that name this tool; those for every command are apart. */
export function rulesFor(tool: string): readonly Rule[] {
  return BY_TOOL.get(tool) ?? NONE
}

const BY_FACT = new Map<LineFact, LineRule>(LINE_RULES.map((rule) => [rule.id, rule]))
export function ruleForFact(fact: LineFact): LineRule {
  return BY_FACT.get(fact) as LineRule
}

/** Tools that rules for every command treat specially by name; a test looks for one that is missing. */
export const NAMED_IN_GENERAL_RULES: ReadonlySet<string> = new Set(
  'ed ex sponge gsed ruby tee dd dcfldd cp mv install ln truncate shred wipe sed perl rm grm srm unlink find gfind history unset set export declare typeset readonly setenv journalctl auditctl dmesg nc ncat netcat socat socket julia jrunscript jjs groovy scala tclsh expect luajit R octave guile elixir erl swipl ghci openssl telnet xterm qemu-img ddrescue partclone.restore curl wget'.split(
    ' ',
  ),
)
/** The shells' own grammar, and builtins that change how the rest of a line is read. */
export const GRAMMAR: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac in select function coproc time and or not begin end switch repeat foreach cd pushd'.split(
    ' ',
  ),
)

/** Whether the rules for every command can have anything to say; most commands are spared them. */
export function concernsEveryRule(command: SimpleCommand): boolean {
  return (
    command.redirections.length > 0 ||
    command.assignments.length > 0 ||
    !command.known ||
    NAMED_IN_GENERAL_RULES.has(command.name) ||
    isWrapper(command.name) ||
    namesSensitive(command)
  )
}

/** Whether the command names, or runs in, a place where it may do harm by writing. */
function namesSensitive({ name, args, scope, input }: SimpleCommand): boolean {
  if (name === '' || ONLY_READ.has(name)) return false
  // Links may lead there from any name.
  if (scope.machine !== undefined && args.length > 0) return true
  const writes = scope.caller === 'tool' || isWriter(name) || hasOutput(args)
  const isSensitive = (text: string) => mayBeOwn(text) || (writes && mayBeSystem(text))
  if (isSensitive(scope.cwd) || args.some((arg) => isSensitive(arg.text))) return true
  return input.text !== undefined && isSensitive(input.text)
}

const OUTPUT = new RegExp(USUAL_STARTS.map((start) => ` ${start}`).join('|'))

/** Whether a plain line of that tool, in which nothing is to be expanded, is Safe without being read. */
export function isPlainlySafe(line: string, tool: string): boolean {
  if (!isUnruled(tool)) return false
  return (
    ONLY_READ.has(tool) || !(mayBeOwn(line) || (mayBeSystem(line) && (isWriter(tool) || OUTPUT.test(line))))
  )
}

/** Whether a plain command of this name, without redirection or expansion, can be Safe without being read. */
export function isUnruled(tool: string): boolean {
  return !BY_TOOL.has(tool) && !isWrapper(tool) && !NAMED_IN_GENERAL_RULES.has(tool) && !GRAMMAR.has(tool)
}
