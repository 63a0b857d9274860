// Arguments of a judgement: where the line would run, and its aliases and functions.
import type { Caller, CheckOptions, Machine } from '../risk/index.ts'

/** An alias or function, as the shell prints it. */
export interface Definition {
  /** `global` is zsh's alias for a word anywhere. `unread` exists, but the shell could not hand its text over. */
  readonly kind: 'alias' | 'global' | 'function' | 'unread'
  /** `*` with kind `unread` means that there were too many words to look up. */
  readonly name: string
  /** Text of an alias, or body of a function without its braces. */
  readonly text: string
}

/** Where a line would run, and what else is known about it. */
export interface Where {
  /** Default: bash. */
  readonly shell?: NonNullable<CheckOptions['shell']>
  /** Absolute path of the working directory. */
  readonly cwd?: string
  readonly home?: string
  /** Karo's home from KARO_HOME; its key and database belong to the catastrophic core. */
  readonly karoHome?: string
  /** Default: a person. */
  readonly caller?: Caller
  /** Knowledge about files of this machine, from machineOf. */
  readonly machine?: Machine
  /** Aliases and functions whose names may occur in the line. */
  readonly definitions?: readonly Definition[]
  /** The shell keeps the aliases that the line defines, and asks again about each line that uses one. */
  readonly kept?: boolean
  /** More lines will follow, so it is no fault that the text cannot be parsed yet. */
  readonly unfinished?: boolean
  /** The shell that asks, as sessionOf names it. */
  readonly session?: string
  /** The text is only the beginning of a line that is too long. */
  readonly cut?: boolean
}
