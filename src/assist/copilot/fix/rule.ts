// What a rule about a failed command is: what it may look at, with paths as a line names them, and the cause and line that it finds.
import { dirname, resolve } from 'node:path'
import { quoteShell } from '../../../base/quote.ts'
import type { Knowledge } from '../knowledge.ts'

/** One command of a pipeline or list: its program and arguments, without assignments and `sudo` in front. */
export interface Call {
  readonly tool: string
  readonly args: readonly string[]
  readonly sudo: boolean
  /** The line with word `index` (0: the program) written as `text`, quoted if need be. */
  swap(index: number, text: string): string
  /** The line with this put in front of the command, as it stands. */
  before(text: string): string
  /** The line with this put behind word `index`, as it stands. */
  behind(index: number, text: string): string
}

/** What the rules may see of the machine. A path that cannot be looked at is as one that is not there. */
export interface World {
  readonly cwd: string
  readonly home: string | undefined
  readonly isRoot: boolean
  /** Names of programs on the PATH, each once. */
  programs(): readonly string[]
  kind(path: string): 'file' | 'directory' | undefined
  /** Names in a directory; none where it cannot be read. */
  list(path: string): readonly string[]
  /** A small text file. */
  read(path: string): string | undefined
  can(path: string, what: 'read' | 'write' | 'execute'): boolean
  /** Who listens at a TCP port of this machine: a process of this person with its name, or somebody (null). */
  listener(port: number): { readonly pid: number; readonly name: string } | null | undefined
}

/** A cause, and the line that gets over it. */
export interface Fix {
  /** One sentence: what went wrong. */
  readonly problem: string
  /** Undefined where no line helps. */
  readonly line?: string
  /** The cause is seen and not guessed. */
  readonly sure: boolean
}

/** Exit code of a shell that found no such program. */
export const NOT_FOUND = 127

/** One cause; `sure` is left out where it is seen. */
export const found = (problem: string, line?: string, sure = true): readonly Fix[] => [
  { problem, sure, ...(line !== undefined && { line }) },
]

interface Knowing {
  readonly world: World
  readonly knowledge: Knowledge
  readonly exitCode: number | null
}

/** Rules look at one command of the line. The first room that knows a cause wins; what it gives besides are alternatives. */
export type Rule = (call: Call, knowing: Knowing) => readonly Fix[]

/** As one word of a line; what needs no quotes gets none. */
export const quoted = (text: string): string => (/^~?[\w@%+=:,./-]+$/.test(text) ? text : quoteShell(text))

export const absolute = (path: string, { cwd, home }: Pick<World, 'cwd' | 'home'>): string =>
  home !== undefined && /^~(?:\/|$)/.test(path) ? resolve(home, `.${path.slice(1)}`) : resolve(cwd, path)

/** The nearest directory from here up, this one too, that has an entry of one of these names; undefined at the root. */
export function above(entries: readonly string[], world: World): string | undefined {
  for (let at = world.cwd; ; at = dirname(at)) {
    if (entries.some((name) => world.kind(resolve(at, name)) !== undefined)) return at
    if (at === dirname(at)) return undefined
  }
}
