// Types that the files of a walk share: where a script is being read, what the line has defined, who gets the findings.

import type { Function as FunctionNode, SyntaxNode } from 'unbash'
import type { RiskLevel } from '../../../base/words/risk-levels.ts'
import type { NamedScript } from '../carriers/named-scripts.ts'
import type { Budget } from '../limits.ts'
import type { Args, LineFact, Output, Scope, SimpleCommand, Span, Variables } from '../model.ts'
import type { WordHost } from './words.ts'

export interface Findings {
  command(command: SimpleCommand): void
  fact(fact: LineFact, span: Span): void
  /** Whether a rule knows a tool of this name; asked about the words of a text that is no valid bash. */
  isKnownTool(name: string): boolean
  /** Judges a script in a file that a command runs. Set by a judgement that may read files. */
  readonly script?: (script: NamedScript, scope: Scope, privileged: boolean) => void
  /** Set by a judgement; a caller that only lists the commands of a line has no use for trials. */
  readonly trials?: Trials
}

/** Judging a text that may be a command, without reporting what is found in it. */
interface Trials {
  /** Whether no finding so far is High or Critical. */
  isQuiet(): boolean
  /** The worst level of the commands over which `run` walks. */
  levelOf(run: () => void): RiskLevel
}

/** Where and how a script is being read. */
export interface Frame {
  readonly depth: number
  readonly scope: Scope
  readonly input: Output
  readonly privileged: boolean
  /** This text may not be a command: it is read only to see whether it would be a harmful one. */
  readonly trying?: boolean
  /** What is printed goes to another command or into a word. */
  readonly isTaken?: boolean
  /** Functions whose bodies are being walked, so that a recursive call is not followed. */
  readonly calling: readonly string[]
  /** Taint of the text when it reached a shell as data; undefined for text that was typed. */
  readonly payload: number | undefined
  /** Maps offsets of the script's text to the command as given. */
  readonly at: (node: { readonly pos: number; readonly end: number }) => Span
}

/** One walk over one line; the functions lead from a command back to the scripts inside it. */
export interface Walk {
  readonly line: string
  readonly findings: Findings
  readonly budget: Budget
  readonly functions: Map<string, { readonly node: FunctionNode; readonly frame: Frame }>
  /** Texts of the aliases that the line has defined, by name; zsh's global ones by `-g name`. */
  readonly aliases: Map<string, string>
  /** Whether the line may hold a command in the words of another tool. */
  readonly mayCarry: boolean
  /** Variables that the line has declared as numbers: the shell evaluates what is assigned to them. */
  readonly numbers: Set<string>
  /** Paths of the files the line has downloaded so far. */
  readonly downloads: Set<string>
  readScript(text: string, frame: Frame): Output
  node(it: SyntaxNode, frame: Frame): Output
  hostOf(frame: Frame): WordHost
}

/** The frame of one command of a pipe, which reads what the one before it prints. */
export const inPipe = (frame: Frame, input: Output, isLast: boolean): Frame =>
  isLast ? { ...frame, input } : { ...frame, input, isTaken: true }

export function cloneScope(scope: Scope, parameters: Args | undefined = scope.parameters): Scope {
  return { ...scope, parameters, variables: above(scope.variables) }
}

/** A copy-on-write layer over `below`; copying all variables for each subshell would take quadratic time. */
function above(below: Variables): Variables {
  const own: Variables = new Map()
  return {
    get: (name) => own.get(name) ?? below.get(name),
    set: (name, value) => own.set(name, value),
  }
}
