// What the parts of a walk share: where a script is being read, what the line has defined, and who is told.
import type { Function as FunctionNode, SyntaxNode } from 'unbash'
import type { Budget } from './limits.ts'
import type { Arg, LineFact, Output, Scope, SimpleCommand, Span, Variables } from './model.ts'
import type { WordHost } from './words.ts'

export interface Findings {
  command(command: SimpleCommand): void
  fact(fact: LineFact, span: Span): void
  /** Whether a word, in text the grammar does not accept, names a tool some rule knows. */
  isKnownTool(name: string): boolean
}

/** Where and how a script is being read. */
export interface Frame {
  readonly depth: number
  readonly scope: Scope
  readonly input: Output
  readonly privileged: boolean
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
