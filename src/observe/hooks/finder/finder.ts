// What the finder's part of a hook is made from: how a shell's line editor starts it, and on which key.
import type { GUARD_SHELLS } from '../guard/guard.ts'

/** Shells that have a line editor: those that can be guarded. */
export type FinderShell = (typeof GUARD_SHELLS)[number]

export interface FinderHookOptions {
  /** The program that finds and its words, `karo history --interactive`; absolute, or found by name. */
  readonly find: readonly string[]
}

/**
 * The code that is appended to a shell's hook: Ctrl-R hands what is typed to the finder in the environment (arguments of a
 * process are everybody's to read) and takes its choice, which alone is on stdout, back to the line. Where it fails,
 * it says why at the terminal, and the shell's own search begins.
 */
export type FinderHook = (options: FinderHookOptions) => string

/** Characters of the line handed over: nobody looks for more. */
export const MOST_TYPED = 1000
