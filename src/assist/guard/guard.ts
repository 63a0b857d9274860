// The shape of the guard: profile, behaviour on failure, and the rules from files beside the built-in ones; and where a line would run that it judges.
import type { KaroError } from '../../base/errors.ts'
import {
  type Caller,
  type CheckOptions,
  DEFAULT_PROFILE,
  type GuardProfile,
  type Machine,
} from '../risk/index.ts'

/** A rule of a rules file: an exception from built-in rules, a command that must not run, or one that is asked about. */
export interface GuardRule {
  readonly kind: 'allow' | 'deny' | 'ask'
  /** `own` rules are the person's; `machine` rules hold for everybody on this machine. */
  readonly whose: 'own' | 'machine'
  /** Place of the rule as `file:line`. */
  readonly where: string
  /** Id of a built-in rule. Without it the rule is about the command, whatever the built-in rules find. */
  readonly rule?: string
  /** Glob for the words of one simple command. */
  readonly command?: string
  /** Exactly this line, as it was typed; only of exceptions. */
  readonly line?: string
  /** The shell for which the exception holds, as sessionOf names it; in every other shell it does nothing. */
  readonly session?: string
  /** A directory with everything below it, or a glob. */
  readonly cwd?: string
  /** End of the rule, in milliseconds since the epoch. */
  readonly until?: number
  readonly why?: string
  readonly safer?: string
}

export interface Guard {
  readonly profile: GuardProfile
  /**
   * What set the profile: `default`, `config.toml:3`, `KARO_GUARD_PROFILE`, or the rules file whose floor or fault
   * raised it.
   */
  readonly source: string
  /** Whether a line runs that could not be judged in time. */
  readonly onError: 'allow' | 'block'
  /** Milliseconds that one line may wait to be judged. */
  readonly timeoutMs: number
  readonly rules: readonly GuardRule[]
  /** Paths of rules files, whether they exist or not. */
  readonly files: readonly {
    readonly path: string
    readonly whose: GuardRule['whose']
    /** The file exists but cannot be used; `warnings` say why. */
    readonly unread?: true
  }[]
  /** Faults of the configuration and their consequences, each as one sentence for a person. */
  readonly warnings: readonly string[]
  /** Why the configuration could not be used; the profile is then strict. */
  readonly failure?: KaroError
  readonly now: () => number
  /** Directory of the node. */
  readonly home: string
  /** What its files let through, as they stand: to be sealed where a person wants it so. */
  readonly sets: Sealed
  /** What they let through that nobody sealed, in words; the guard is strict then. */
  readonly loosened: readonly string[]
}

/** What files of the person set, without the environment. */
export interface Sealed {
  readonly profile: Guard['profile']
  readonly onError: Guard['onError']
  /** Exceptions, and what is denied or asked about, each as one text. */
  readonly allows: readonly string[]
  readonly denies: readonly string[]
}

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
  /** The line as it was typed, where another text is judged. Exceptions for one line are about this. */
  readonly typed?: string
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

/** Values that hold while neither a file nor the environment sets them. */
export const DEFAULTS = {
  profile: DEFAULT_PROFILE,
  source: 'default',
  onError: 'allow',
  timeoutMs: 5_000,
  home: '',
  sets: { profile: DEFAULT_PROFILE, onError: 'allow', allows: [], denies: [] } as Sealed,
  loosened: [],
} as const satisfies Partial<Guard>

/** Profiles from the strictest to the loosest. */
const ORDER: readonly GuardProfile[] = ['strict', 'moderate', 'permissive', 'off']

export const stricter = (a: GuardProfile, b: GuardProfile): GuardProfile =>
  ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b

/** What rules of files say of a line, by the names of their findings: a prohibition first. */
export function filesRule(found: readonly { readonly rule: string }[]): 'deny' | 'ask' | undefined {
  const kinds = found.map(({ rule }) => /^(?:own|machine)-(deny|ask)$/.exec(rule)?.[1])
  return kinds.includes('deny') ? 'deny' : kinds.includes('ask') ? 'ask' : undefined
}
