// What the guard is: a profile, what to do when it fails, and the owner's own rules beside the built-in ones.
import type { KaroError } from '../../base/errors.ts'
import { DEFAULT_PROFILE, type GuardProfile } from '../risk/index.ts'

/** Of a rules file: an exception from the built-in rules, or a command that is never to run. */
export interface GuardRule {
  readonly kind: 'allow' | 'deny'
  /** The machine's hold for everybody. */
  readonly whose: 'own' | 'machine'
  /** `file:line`. */
  readonly where: string
  /** Id of a built-in rule; without it the rule is about the command, whatever is found in it. */
  readonly rule?: string
  /** Glob over the words of one simple command. */
  readonly command?: string
  /** Directory, with all below it; or a glob. */
  readonly cwd?: string
  /** Milliseconds since the epoch; then it is over. */
  readonly until?: number
  readonly why?: string
  readonly safer?: string
}

export interface Guard {
  readonly profile: GuardProfile
  /** What set the profile: `default`, `config.toml:3`, `KARO_GUARD_PROFILE`, or the file whose floor or fault did. */
  readonly source: string
  /** Whether a line that could not be judged in time runs. */
  readonly onError: 'allow' | 'block'
  /** How long judging one line may take. */
  readonly timeoutMs: number
  readonly rules: readonly GuardRule[]
  /** Rules files that were read, and those that would be. */
  readonly files: readonly {
    readonly path: string
    readonly whose: GuardRule['whose']
    /** It is there, and cannot be used: `warnings` say why. */
    readonly unread?: true
  }[]
  /** What is wrong and what follows from it, each one sentence for a person. */
  readonly warnings: readonly string[]
  /** Why the configuration could not be used; the profile is strict then. */
  readonly failure?: KaroError
  readonly now: () => number
}

/** What of the guard stands in no file. */
export const DEFAULTS = {
  profile: DEFAULT_PROFILE,
  source: 'default',
  onError: 'allow',
  timeoutMs: 2_000,
} as const satisfies Partial<Guard>

/** From the strictest on. */
const ORDER: readonly GuardProfile[] = ['strict', 'moderate', 'permissive', 'off']

export const stricter = (a: GuardProfile, b: GuardProfile): GuardProfile =>
  ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b
