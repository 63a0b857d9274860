// The table of all rules, and which of them look at which command.

import { isWrapper } from '../carriers/unwrap.ts'
import { names, remembered } from '../lookup.ts'
import type { LineFact, SimpleCommand } from '../model.ts'
import { mayBeOwn, mayBeSystem } from '../writes/own-files.ts'
import { hasOutput, isWriter } from '../writes/positions.ts'
import { ONLY_READ, USUAL_STARTS } from '../writes/tools.ts'
import { DELETION_RULES } from './files/deletions.ts'
import { DISK_RULES } from './files/disks.ts'
import { OVERWRITE_RULES } from './files/overwrites.ts'
import { PERMISSION_RULES } from './files/permissions.ts'
import { RECORD_RULES } from './files/records.ts'
import { TREE_RULES } from './files/trees.ts'
import {
  EVERYBODYS,
  type LineRule,
  loadsShared,
  NAMED_IN_GENERAL_RULES,
  plainWordsOf,
  type Rule,
  type Rules,
  ruleOf,
} from './kit.ts'
import { CLUSTER_RULES } from './services/clusters.ts'
import { CONTAINER_RULES } from './services/containers.ts'
import { DATABASE_RULES } from './services/databases.ts'
import { GIT_RULES } from './services/git.ts'
import { NETWORK_RULES } from './services/network.ts'
import { PACKAGE_RULES } from './services/packages.ts'
import { PLATFORM_RULES } from './services/platforms.ts'
import { REMOTE_RULES } from './services/remote.ts'
import { CODE_RULES } from './system/code.ts'
import { DEFENCE_RULES } from './system/defence.ts'
import { FOOTHOLD_RULES } from './system/foothold.ts'
import { GUARD_RULES } from './system/guard.ts'
import { INTRUSION_RULES } from './system/intrusion.ts'
import { KEY_RULES } from './system/keys.ts'
import { LINE_RULES } from './system/lines.ts'
import { SCHEDULE_RULES } from './system/schedule.ts'
import { SECRET_RULES } from './system/secrets.ts'
import { mayConnect, SHELL_RULES } from './system/shells.ts'
import { SYSTEM_RULES } from './system/system.ts'
import { TOOL_RULES } from './tools.ts'
import { mayLose, namesLosing, VERB_RULES } from './verbs.ts'

const WRITTEN: Rules = [
  ...DELETION_RULES,
  ...TREE_RULES,
  ...KEY_RULES,
  ...OVERWRITE_RULES,
  ...RECORD_RULES,
  ...DISK_RULES,
  ...PERMISSION_RULES,
  ...CODE_RULES,
  ...SHELL_RULES,
  ...SECRET_RULES,
  ...GIT_RULES,
  ...DATABASE_RULES,
  ...CONTAINER_RULES,
  ...CLUSTER_RULES,
  ...PLATFORM_RULES,
  ...REMOTE_RULES,
  ...TOOL_RULES,
  ...PACKAGE_RULES,
  ...SYSTEM_RULES,
  ...DEFENCE_RULES,
  ...FOOTHOLD_RULES,
  ...INTRUSION_RULES,
  ...GUARD_RULES,
  ...NETWORK_RULES,
  ...SCHEDULE_RULES,
  ...VERB_RULES,
]

export const RULES: readonly Rule[] = WRITTEN.map((rule) => ('finds' in rule ? ruleOf(rule) : rule))

/** Rules that name this tool; EVERY_COMMAND has those for all commands. */
export const rulesFor: (tool: string) => readonly Rule[] = remembered((tool) =>
  RULES.filter((rule) => rule.isAbout?.(tool) ?? rule.tools.includes(tool)),
)
export const EVERY_COMMAND: readonly Rule[] = rulesFor('*')

const BY_FACT = new Map<LineFact, LineRule>(LINE_RULES.map((rule) => [rule.id, rule]))
export function ruleForFact(fact: LineFact): LineRule {
  return BY_FACT.get(fact) as LineRule
}

/** Keywords of the shells' grammar, and builtins that change how the rest of a line is read. */
export const GRAMMAR = names(
  'if then else elif fi for while until do done case esac in select function coproc time and or not begin end switch repeat foreach cd pushd',
)

/** Whether a rule for every command could find anything; spares most commands those rules. */
export function concernsEveryRule(command: SimpleCommand): boolean {
  return Boolean(
    command.redirections.length > 0 ||
      command.assignments.length > 0 ||
      !command.known ||
      NAMED_IN_GENERAL_RULES.has(command.name) ||
      isWrapper(command.name) ||
      command.scope.caller === 'tool' ||
      isInOpenDirectory(command) ||
      command.path.startsWith('/etc/init.d/') ||
      namesLosing(command) ||
      command.args.some(mayConnect) ||
      command.scope.written?.size ||
      namesSensitive(command) ||
      loadsShared(plainWordsOf(command), command.name),
  )
}

/** Whether the command is a file in a directory that is open to every user. */
function isInOpenDirectory({ path, scope }: SimpleCommand): boolean {
  return (
    path.includes('/') && (EVERYBODYS.test(path) || (path[0] !== '/' && EVERYBODYS.test(`${scope.cwd}/`)))
  )
}

/** Whether the command names, or runs in, a place where writing may do harm. */
function namesSensitive({ name, args, scope, input }: SimpleCommand): boolean {
  if (name === '' || ONLY_READ.has(name)) return false
  // A link of any name may lead to such a place.
  if (scope.machine !== undefined && args.length > 0) return true
  const writes = scope.caller === 'tool' || isWriter(name) || hasOutput(args)
  const isSensitive = (text: string) => mayBeOwn(text) || (writes && mayBeSystem(text))
  if (isSensitive(scope.cwd) || args.some((arg) => isSensitive(arg.text))) return true
  return input.text !== undefined && isSensitive(input.text)
}

const OUTPUT = new RegExp(USUAL_STARTS.map((start) => ` ${start}`).join('|'))

/** Whether a plain line of the tool, with nothing to expand, is Safe without being read. */
export function isPlainlySafe(line: string, tool: string): boolean {
  if (!isUnruled(tool)) return false
  return (
    ONLY_READ.has(tool) ||
    !(
      mayBeOwn(line) ||
      mayLose(line) ||
      loadsShared(line, tool) ||
      (mayBeSystem(line) && (isWriter(tool) || OUTPUT.test(line)))
    )
  )
}

/** Whether a plain command of this name, without redirection or expansion, can be Safe without being read. */
export function isUnruled(tool: string): boolean {
  return (
    rulesFor(tool).length === 0 && !isWrapper(tool) && !NAMED_IN_GENERAL_RULES.has(tool) && !GRAMMAR.has(tool)
  )
}
