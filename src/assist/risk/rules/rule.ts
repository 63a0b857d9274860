// The shape of a rule, and small functions in which rules are written.

import type { Caller, RiskLevel } from '../../../base/words/risk-levels.ts'
import { INERT } from '../carriers/carried.ts'
import type { Options } from '../line/options.ts'
import { covers, emptyReading, type Place, placeOf, resolvePath } from '../line/paths.ts'
import { names, words } from '../lookup.ts'
import {
  type Arg,
  type Args,
  type LineFact,
  matching,
  type Pattern,
  type Scope,
  type SimpleCommand,
  SOMETHING,
  said,
  UNKNOWN,
} from '../model.ts'

/** Words that made a rule apply; true for the whole command. */
export type Hit = Args | boolean | undefined

/**
 * A safer command, which does the same with less danger or is the trial run of the same: other words for those of the hit,
 * words to append, or a form made from the command. It keeps target, host and path; where that is not possible a rule has
 * none.
 */
type Safer =
  | { readonly instead: string }
  | { readonly append: string }
  | { readonly rewrite: (raw: string) => string }
  | ((command: SimpleCommand, options: Options) => string | undefined)

export interface Rule {
  /** Stable; shown to people and used to allow a finding. */
  readonly id: string
  readonly level: RiskLevel
  /**
   * Its level for a line that an AI tool gives, where that is higher: what it deletes, ends or publishes is not in the directory
   * in which the tool works, and nothing there brings it back; or the tool gets to know, or opens, what is its owner's alone.
   */
  readonly given?: RiskLevel
  /** One sentence that says what may happen. */
  readonly why: string
  /** Names of commands that the rule looks at; `*` is every command, also bare redirections and assignments. */
  readonly tools: readonly string[]
  /** Whether `tools` has the name, where that is told sooner than all of them. */
  readonly isAbout?: (tool: string) => boolean
  readonly when: (command: SimpleCommand, options: Options) => Hit
  readonly safer?: Safer
  /** Whether it stays silent about a command in which another rule has already found something as bad. */
  readonly yields?: true
  /** Whose lines it is about, if not everybody's. */
  readonly caller?: Caller
  /** Part of the catastrophic core: no exception lowers its level. */
  readonly core?: true
  /** A line that the rule finds, for people; absent where such a line is too long to show. test/corpus/rules.txt has more. */
  readonly example?: string
}

/** A rule about the line as a whole instead of one command in it. */
export interface LineRule extends Omit<Rule, 'tools' | 'when' | 'id'> {
  readonly id: LineFact
}

/** The rule as it is for a line of this caller. */
export const ruleForCaller = (rule: Rule, caller: Caller | undefined): Rule =>
  rule.given === undefined || caller !== 'tool'
    ? rule
    : Object.create(rule, { level: { value: rule.given, enumerable: true } })

export const tools = words

/** Tools that rules for every command treat specially by name, beside those that run other code; a test finds missing ones. */
export const NAMED_IN_GENERAL_RULES = names(
  'sponge tee dd dcfldd cp mv install ln truncate shred wipe rm grm srm unlink history printenv unset set export declare typeset readonly setenv journalctl auditctl dmesg nc ncat netcat socket openssl telnet gcc cc clang tcc inetd stunnel qemu-img ddrescue partclone.restore curl wget',
)

/** A directory in which every user may put files. */
export const EVERYBODYS = /^\/(?:tmp|var\/tmp|dev\/shm)\//
/**
 * Words that give a tool a file of such a directory as code: `--plugin=/tmp/x`, `--script /tmp/x`. The group has the dashes of the
 * option, and is empty where there are none, as in `ssh_command=/tmp/x`.
 */
const LOADS_SHARED =
  /(?:^|[ ,])(-{0,2})(?:pre|(?:[\w-]*[-_])?(?:f?plugin|preload|prepend|script|program|command|exec|hook|wrapper|(?:java)?agent|extension|justfile)(?:[-_][\w-]*|s)?)(?:[=:]|(?<=(?:^| )--?[\w-]+) )\/(?:tmp|var\/tmp|dev\/shm)\/[^/ ]+(?: |$)/
/** Whether the line of plain words gives the tool such a file. What the tool only reads, sends or shows is data, unless an option has it. */
export const loadsShared = (line: string, tool: string): boolean => {
  const found = LOADS_SHARED.exec(line)
  return found !== null && (found[1] !== '' || !INERT.has(tool))
}
/** The words of the command without texts of several words. */
export const plainWordsOf = ({ args }: Pick<SimpleCommand, 'args'>): string =>
  said({ args: args.filter(({ text }) => !text.includes(' ')) })

/** The arguments that are, or as patterns could be, in one of the places. */
export function inPlace(command: SimpleCommand, args: Args, ...places: readonly Place[]): Arg[] {
  return args.filter((arg) => places.includes(knownPlace(arg, command.scope)))
}

/** Many rules ask for the place of the same word; the answer is kept for one directory. */
const PLACES = new WeakMap<Arg, { readonly cwd: string; readonly home: string; readonly place: Place }>()

function knownPlace(arg: Arg, scope: Scope): Place {
  const { cwd, home } = scope
  const before = PLACES.get(arg)
  if (before?.cwd === cwd && before.home === home) return before.place
  const place = placeOf(arg.text, scope)
  PLACES.set(arg, { cwd, home, place })
  return place
}

/** The arguments that are in one of the places if their unknown parts are empty: `"$DIR"/` without DIR. */
export function inPlaceIfEmpty(command: SimpleCommand, args: Args, ...places: readonly Place[]): Arg[] {
  const scope = { ...command.scope, cwd: emptyReading(command.scope.cwd) || command.scope.home }
  return args.filter((arg) => {
    if (!arg.text.includes(UNKNOWN) && !command.scope.cwd.includes(UNKNOWN)) return false
    const text = emptyReading(arg.text)
    return text !== '' && places.includes(placeOf(text, scope))
  })
}

/** Whether no part of the word is known. */
export function isOpaque(arg: Arg): boolean {
  return (
    arg.text !== '' &&
    arg.text
      .replaceAll(UNKNOWN, '')
      .replaceAll(SOMETHING, '')
      .replace(/^[./]+|\/+$/g, '') === ''
  )
}

/** Variables that the command sets, as `NAME=value`: by assignments or by arguments of export and the like. */
export function setBy({ name, args, assignments }: SimpleCommand): Args {
  const set = assignments.map((it) => ({ ...it.value, text: `${it.name}=${it.value.text}` }))
  return /^(?:export|declare|typeset|readonly|set|setenv|env)$/.test(name)
    ? [...set, ...matching(args, /^\w+=/)]
    : set
}

/** Files that every machine has; a pattern such as `/etc/pass*` is tested against them. */
const SAMPLES = tools(
  `/etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/fstab /etc/crypttab /etc/crontab /etc/anacrontab
  /etc/ld.so.preload`,
)

/** The arguments that name a file of the pattern, as they are written or as a path from the working directory. */
export function naming({ scope }: SimpleCommand, args: Args, pattern: Pattern): Arg[] {
  return args.filter(({ text }) => {
    if (pattern.test(text)) return true
    const path = resolvePath(text, scope)
    if (path !== text && pattern.test(path)) return true
    return SAMPLES.some((sample) => covers(path, [sample]) && pattern.test(sample))
  })
}

/** The hit if the guard is truthy: the whole command where none is given. One that is given and undefined is none. */
export function only(guard: unknown, ...given: readonly Hit[]): Hit {
  return guard ? (given.length === 0 ? true : given[0]) : undefined
}
