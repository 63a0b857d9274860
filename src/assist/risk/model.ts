// What the layers of the risk room hand to each other: words after expansion, simple commands, their output.
import type { ParsedScript } from 'unbash'
import type { Caller, Machine, Shell } from '../../base/words/risk-levels.ts'

/** UTF-16 offsets [start, end) into the command as given. */
export type Span = readonly [start: number, end: number]

/** Stands in a word's text for a part that cannot be known and may be empty. A Unicode noncharacter, so no typed text has it. */
export const UNKNOWN = '\uFDD0'
/** The same for a part that is unknown but certainly not empty. */
export const SOMETHING = '\uFDD1'

/** Where text came from, as bits; a word carries the union of its parts. */
export const TAINT = {
  none: 0,
  network: 1,
  decoded: 2,
  /** Printed by a program whose documented use is `eval "$(…)"`, such as ssh-agent. */
  generated: 4,
  secret: 8,
  /** Unknown for any other reason. */
  opaque: 16,
  /** Printed by a shell that takes its commands from somewhere else. */
  shell: 32,
  /** Came over a connection that stays open both ways: perhaps somebody typing. */
  dialogue: 64,
} as const

/** One word after quote removal and expansion. */
export interface Arg {
  readonly text: string
  readonly span: Span
  readonly taint: number
  /** What reading it gives, when the word is a process substitution. */
  readonly output?: Output
  /** What reads it, when the word is a substitution to be written to: `>(sh)`. */
  readonly feeds?: ParsedScript
  /** The files it may name, where it is unknown but for that. */
  readonly under?: readonly string[]
  /** A loop's pattern: one at a time of the files it matches. */
  readonly each?: boolean
}

export interface Redirection {
  /** `>`, `>>`, `<`, `<>`, `>|`, `&>`, `&>>`, `>&`, `<&`. */
  readonly operator: string
  readonly target: Arg
  /** The file descriptor that is redirected, where the line names one. */
  readonly descriptor?: string
}

/** What a command is known to print. */
export interface Output {
  /** Undefined when it cannot be known from the text alone. */
  readonly text: string | undefined
  readonly taint: number
  /** Where only some of the text is known: that. */
  readonly partial?: string
  /** What reading the file gives whose name is printed. */
  readonly feeds?: Output
  /** The printed file names, each top alone or with an unknown rest, where the command lists files. */
  readonly under?: readonly string[]
}

export const NO_OUTPUT: Output = { text: '', taint: TAINT.none }

/** What a variable holds. */
export interface Value {
  readonly text: string
  readonly taint: number
  /** What reading it gives, when it names a file that a substitution made. */
  readonly output?: Output
  /** The files it may name, where it is unknown but for that. */
  readonly under?: readonly string[]
  /** A loop's pattern: one at a time of the files it matches. */
  readonly each?: boolean
  /** The variable that this name stands for (`declare -n`). */
  readonly refersTo?: string
}

export interface Variables {
  get(name: string): Value | undefined
  set(name: string, value: Value): unknown
}

/** A home directory nobody has, for when none is given: `~` is still known to be one. */
export const SOME_HOME = '/home/~'

/** The shell's state as far as the line itself determines it. */
export interface Scope {
  readonly shell: Shell
  readonly home: string
  /** Karo's own directory, where it is not the usual one. */
  readonly karoHome?: string
  /** Who gave the line; without it a person at a prompt. */
  readonly caller?: Caller
  /** What is known of this machine's files. */
  readonly machine?: Machine
  /** Paths of files this line has copied credentials into. */
  readonly secretFiles?: Set<string>
  /** What this line has written into files, by path, and what descriptors it has opened give, as `/dev/fd/3`. */
  readonly written?: Map<string, Output>
  /** Descriptors this line has tied to a network connection. */
  readonly sockets?: Set<string>
  /** Absolute, or relative to the unknown directory the line starts in (`.`). */
  cwd: string
  /** Directories that `pushd` has left. */
  left?: readonly string[] | undefined
  readonly variables: Variables
  /** `$1`, `$2`, …; undefined when unknown. */
  parameters: readonly Arg[] | undefined
}

/** One simple command with its wrappers removed: what a rule looks at. */
export interface SimpleCommand {
  /** Last path component of the command word; empty for bare assignments and redirections. */
  readonly name: string
  /** The command word with the path it was typed with. */
  readonly path: string
  /** False when part of the command word could not be resolved. */
  readonly known: boolean
  readonly args: readonly Arg[]
  readonly assignments: readonly { readonly name: string; readonly value: Arg }[]
  readonly redirections: readonly Redirection[]
  /** What it reads from its standard input. */
  readonly input: Output
  /** The line has given this name to a function or alias of its own. */
  readonly isOwn?: boolean
  /** Reached through sudo, doas, su or pkexec. */
  readonly privileged: boolean
  readonly span: Span
  readonly scope: Scope
}

/** Things about the line that are no simple command, each judged by the rule of the same name. */
export type LineFact =
  | 'network-code'
  | 'decoded-code'
  | 'unseen-code'
  | 'downloaded-code'
  | 'planted-code'
  | 'carried-command'
  | 'fork-bomb'
  | 'unparsed'
  | 'unparsed-tool'
  | 'hidden-text'
  | 'too-deep'
  | 'too-long'

/** Last component of a path, as the shell's lookup ends up at it: `/bin/rm` and `./rm` are `rm`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
