// What the risk room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { Caller, GuardProfile, Machine, RiskLevel, Shell } from '../../base/words/risk-levels.ts'

export type GuardDecision = 'allow' | 'confirm' | 'block'

export interface RiskMatch {
  /** Stable id of the rule, e.g. `rm-root`. */
  readonly rule: string
  readonly risk_level: RiskLevel
  readonly why: string
  /** UTF-16 offsets [start, end) into the command as given. */
  readonly span: readonly [number, number]
}

/** Shape of `karo check --json`. */
export interface RiskVerdict {
  readonly command: string
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  readonly matches: readonly RiskMatch[]
  /** A safer form of the command, where a rule knows one. */
  readonly safer?: string
}

export interface CheckOptions {
  readonly shell?: Shell
  readonly profile?: GuardProfile
  /** Absolute; without it relative paths are judged as harmless as they look. */
  readonly cwd?: string
  readonly home?: string
  /** Karo's own directory with its key and database, absolute, where it is not `~/.local/share/karo`. */
  readonly karoHome?: string
  /** Default: a person. Of an AI tool more is asked about: writing the files from which shells load the guard, and editors. */
  readonly caller?: Caller
  readonly machine?: Machine
}
