// What the guard is asked with: where a line would run, and what the words of the line stand for.
import type { Caller, CheckOptions, Machine } from '../risk/index.ts'

/** What the shell says that a word means, in its own words. */
export interface Definition {
  /** `global` is zsh's: it stands for a word anywhere. `unread`: there is one, and the shell could not hand it over. */
  readonly kind: 'alias' | 'global' | 'function' | 'unread'
  /** Of what is unread also `*`: words were too many to be looked up. */
  readonly name: string
  /** Of a function its body, without the braces around it. */
  readonly text: string
}

/** Where a line would run, and what is known of it beside its text. */
export interface Where {
  /** Default: bash. */
  readonly shell?: NonNullable<CheckOptions['shell']>
  /** Absolute. */
  readonly cwd?: string
  readonly home?: string
  /** KARO_HOME: the node's key and database belong to the core. */
  readonly karoHome?: string
  /** Default: a person. */
  readonly caller?: Caller
  /** What is known of the files here; machineOf gives it. */
  readonly machine?: Machine
  /** Aliases and functions of the shell whose names the line may hold. */
  readonly definitions?: readonly Definition[]
  /** More lines will follow: that it cannot be read yet says nothing. */
  readonly unfinished?: boolean
  /** It is the beginning of a line that is too long to be read. */
  readonly cut?: boolean
}
