// The shape of the guard: profile, behaviour on failure, and the rules from files beside the built-in ones.
import type { KaroError } from '../../base/errors.ts'
import { DEFAULT_PROFILE, type GuardProfile } from '../risk/index.ts'

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
