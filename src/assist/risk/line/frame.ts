// What the parts of a walk share: where a script is being read, what the line has defined, and who is told.
import type { Function as FunctionNode, SyntaxNode } from 'unbash'
import type { Budget } from '../limits.ts'
import type { Arg, LineFact, Output, Scope, SimpleCommand, Span, Variables } from '../model.ts'
import type { WordHost } from './words.ts'

export interface Findings {
  command(command: SimpleCommand): void
  fact(fact: LineFact, span: Span): void
  /** Whether a word, in text the grammar does not accept, names a tool some rule knows. */
  isKnownTool(name: string): boolean
  /** For those who judge; who only lists a line's commands has none. */
  readonly trials?: Trials
}

/** Judging a text that may be a command, without reporting what is found in it. */
interface Trials {
  /** Whether nothing high or critical was found so far. */
  isQuiet(): boolean
  /** Whether what is walked meanwhile holds a command that is high or critical. */
  wouldReport(run: () => void): boolean
}

/** Where and how a script is being read. */
export interface Frame {
  readonly depth: number
  readonly scope: Scope
  readonly input: Output
  readonly privileged: boolean
  /** It is only tried whether this text would be a harmful command. */
  readonly trying?: boolean
  /** Functions whose bodies are being walked: a recursive call adds nothing. */
  readonly calling: readonly string[]
  /** What a script's text was made of, when it reached a shell as data; undefined for typed text. */
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
  /** Texts of the aliases the line has defined; of zsh's global ones as `-g name`. */
  readonly aliases: Map<string, string>
  /** Whether the line may hold a command in another tool's words. */
  readonly mayCarry: boolean
  /** Variables that the line has declared to be numbers: what they are given is evaluated. */
  readonly numbers: Set<string>
  /** Paths of the files the line has downloaded so far. */
  readonly downloads: Set<string>
  readScript(text: string, frame: Frame): Output
  node(it: SyntaxNode, frame: Frame): Output
  hostOf(frame: Frame): WordHost
}

export function cloneScope(scope: Scope, parameters: readonly Arg[] | undefined = scope.parameters): Scope {
  return { ...scope, parameters, variables: above(scope.variables) }
}

/** Variables that can be set without changing those below; copying them all for each subshell would cost their square. */
function above(below: Variables): Variables {
  const own: Variables = new Map()
  return {
    get: (name) => own.get(name) ?? below.get(name),
    set: (name, value) => own.set(name, value),
  }
}
