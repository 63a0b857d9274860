// Shapes that the layers of the risk room share: words after expansion, simple commands and their output.
import type { ParsedScript } from 'unbash'
import type { Caller, GitAlias, Machine, Shell } from '../../base/words/risk-levels.ts'

/** UTF-16 offsets [start, end) into the command as given. */
export type Span = readonly [start: number, end: number]

/** A part of a word that is unknown and may be empty. A Unicode noncharacter, so no typed text has it. */
export const UNKNOWN = '\uFDD0'
/** A part of a word that is unknown but not empty. Also a noncharacter. */
export const SOMETHING = '\uFDD1'

/** Origins of a text, as bits; a word has the bits of all its parts. */
export const TAINT = {
  none: 0,
  network: 1,
  decoded: 2,
  /** Printed by a program whose documented use is `eval "$(…)"`, such as ssh-agent. */
  generated: 4,
  secret: 8,
  /** The text is unknown for any other reason. */
  opaque: 16,
  /** Printed by a shell that takes its commands from another source. */
  shell: 32,
  /** From a connection that stays open both ways, where somebody may be typing. */
  dialogue: 64,
  /** A credential: from a file or a program that holds them, or of a variable whose name says so. */
  credential: 256,
  /** The text is unknown, and nothing but the content of files, which `from` names. */
  file: 512,
} as const

/** Names of variables that hold a credential. */
export const SECRET_NAME =
  /(?:^|_)(?:TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)?|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?:_|$)/i

/** Where a text comes from. */
interface Origin {
  readonly taint: number
  /** The files whose content it has. */
  readonly from?: readonly Arg[] | undefined
  /** The files that it may name, each a start or a start with an unknown rest, if nothing else about it is known. */
  readonly under?: readonly string[] | undefined
}

/** One word after quote removal and expansion. */
export interface Arg extends Origin {
  readonly text: string
  readonly span: Span
  /** Content of the file, if the word is a process substitution `<(…)`. */
  readonly output?: Output | undefined
  /** The script that reads the file, if the word is a substitution to write to: `>(sh)`. */
  readonly feeds?: ParsedScript
  /** Whether it is a loop's pattern, which stands for one of its files at a time. */
  readonly each?: boolean
}

export type Args = readonly Arg[]

/** What the words are. */
export const textsOf = (words: readonly Pick<Arg, 'text'>[]): string[] => words.map(({ text }) => text)

export interface Redirection {
  /** `>`, `>>`, `<`, `<>`, `>|`, `&>`, `&>>`, `>&`, `<&`. */
  readonly operator: string
  readonly target: Arg
  /** The redirected file descriptor, if the line names one. */
  readonly descriptor?: string
}

/** The known output of a command. */
export interface Output extends Origin {
  /** Undefined if the line alone does not tell it. */
  readonly text: string | undefined
  /** The known part of the text, if only a part is known. */
  readonly partial?: string
  /** Content of the file whose name is printed. */
  readonly feeds?: Output
}

export const NO_OUTPUT: Output = { text: '', taint: TAINT.none }

/** The value of a variable. */
export interface Value extends Origin {
  readonly text: string
  /** Content of the file that it names, if a substitution made that file. */
  readonly output?: Output | undefined
  /** Whether it is a loop's pattern, which stands for one of its files at a time. */
  readonly each?: boolean
  /** The variable that this name stands for (`declare -n`). */
  readonly refersTo?: string
}

export interface Variables {
  get(name: string): Value | undefined
  set(name: string, value: Value): unknown
}

/** A home directory that nobody has, used when none is given, so that `~` still counts as a home. */
export const SOME_HOME = '/home/~'

/** The state of the shell, as far as the line determines it. */
export interface Scope {
  readonly shell: Shell
  readonly home: string
  /** Karo's home, if it is not the default one. */
  readonly karoHome?: string
  /** The giver of the line; default: a person at a prompt. */
  readonly caller?: Caller
  /** Knowledge about files of this machine. */
  readonly machine?: Machine
  readonly gitAlias?: GitAlias
  /** Paths of files into which this line has copied credentials. */
  readonly secretFiles?: Set<string>
  /** Contents that this line has written, by path; contents of descriptors that it has opened, by `/dev/fd/3`. */
  readonly written?: Map<string, Output>
  /** Descriptors that this line has connected to the network. */
  readonly sockets?: Set<string>
  /** Absolute, or relative to the unknown directory the line starts in (`.`). */
  cwd: string
  /** The directory in which the line was given, wherever it goes from there. */
  readonly start?: string
  /** Directories that `pushd` has left. */
  left?: readonly string[] | undefined
  readonly variables: Variables
  /** `$1`, `$2`, …; undefined when unknown. */
  parameters: Args | undefined
}

/** What a variable is given. */
export interface Assignment {
  readonly name: string
  readonly value: Arg
  readonly subscript?: string
}

/** One simple command without its wrappers; the input of a rule. */
export interface SimpleCommand {
  /** Last path component of the command word; empty for bare assignments and redirections. */
  readonly name: string
  /** The command word with the path it was typed with. */
  readonly path: string
  /** False when part of the command word could not be resolved. */
  readonly known: boolean
  readonly args: Args
  readonly assignments: readonly Assignment[]
  readonly redirections: readonly Redirection[]
  /** Its standard input. */
  readonly input: Output
  /** Whether what it prints goes to another command or into a word, and not to whoever gave the line. */
  readonly isTaken?: boolean
  /** Whether the name is a function or alias of this line. */
  readonly isOwn?: boolean
  /** Reached through sudo, doas, su or pkexec. */
  readonly privileged: boolean
  readonly span: Span
  readonly scope: Scope
}

/** Facts about a line that are not about one simple command; the rule of the same name judges each. */
export type LineFact =
  | 'network-code'
  | 'decoded-code'
  | 'unseen-code'
  | 'unproven-code'
  | 'unproven-given'
  | 'downloaded-code'
  | 'planted-code'
  | 'later-from-shared'
  | 'carried-command'
  | 'carried-loss'
  | 'fork-bomb'
  | 'unparsed'
  | 'unparsed-tool'
  | 'hidden-text'
  | 'too-deep'
  | 'too-long'

/** The lines of an output, or the places that they are known to name; undefined if neither is known. */
export const linesIn = ({ text, under }: Output): readonly string[] | undefined =>
  text === undefined ? under : text.split('\n').filter((line) => line !== '')

/** Last component of a path: `/bin/rm` and `./rm` are `rm`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A pattern of texts, or whatever else tests them. */
export type Pattern = Pick<RegExp, 'test'>

interface Words {
  readonly args: readonly Pick<Arg, 'text'>[]
}

/** The words behind the tool, joined by blanks. */
export const said = ({ args }: Words): string => textsOf(args).join(' ')

/** Whether one of the words behind the tool fits. */
export const says = ({ args }: Words, pattern: Pattern): boolean =>
  args.some(({ text }) => pattern.test(text))

/** The words behind each word that fits, such as the values of an option. */
export const after = (args: Args, pattern: Pattern): Arg[] =>
  args.filter((_arg, i) => i > 0 && pattern.test(args[i - 1]!.text))

/** The words that fit. */
export function matching(args: Args, pattern: Pattern): Arg[] {
  return args.filter((arg) => pattern.test(arg.text))
}

/** The words that are no options. */
export const withoutOptions = (args: Args): Arg[] => matching(args, /^(?!-)/)

/** The origins of all the words. */
export const taintOf = (args: readonly Pick<Arg, 'taint'>[]): number =>
  args.reduce((sum, { taint }) => sum | taint, 0)

/** The files whose content any of these have; undefined for none. */
export function fromOf(parts: readonly Pick<Output, 'from'>[]): Output['from'] {
  const all = new Set(parts.flatMap(({ from = [] }) => from))
  return all.size === 0 ? undefined : [...all]
}

/** What redirections with such an operator name. */
export const redirectedTo = ({ redirections }: SimpleCommand, operator: RegExp): Args =>
  redirections.filter((it) => operator.test(it.operator)).map(({ target }) => target)

/** The input of the command as a word, if it is known. */
export const inputOf = ({ input, span }: SimpleCommand): Arg => ({
  text: input.text ?? '',
  span,
  taint: TAINT.none,
})

/** Index of the first word that fits, or -1. */
export const placeIn = (args: Args, pattern: Pattern): number =>
  args.findIndex(({ text }) => pattern.test(text))
