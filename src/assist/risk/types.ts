// Shapes of the risk room for other rooms, in a file without the code that makes them.
import type {
  Caller,
  GitAlias,
  GuardProfile,
  Machine,
  RiskLevel,
  Shell,
} from '../../base/words/risk-levels.ts'

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
  /** Absolute working directory. Without it relative paths are judged by what they show: `rm -rf x` stays harmless. */
  readonly cwd?: string
  readonly home?: string
  /** Karo's home with its key and database, absolute; default `~/.local/share/karo`. */
  readonly karoHome?: string
  /** Who gives the line; default: a person. An AI tool is also asked before it writes start files of shells or runs an editor. */
  readonly caller?: Caller
  readonly machine?: Machine
  /** If given, aliases of git's configuration are judged by what they run. */
  readonly gitAlias?: GitAlias
}
