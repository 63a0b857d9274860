// What a request in words comes to: candidates, judged proposals, and the answer made of them.
import type { GuardDecision, RiskLevel } from '../risk/index.ts'

export interface Proposal {
  readonly command: string
  /** `recipe`, `history`, `options` (Karo's table), `fig <command>`, `model <name>`. */
  readonly source: string
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  /** Words in capitals that the person has to replace. */
  readonly placeholders: readonly string[]
  /** Why it is risky, one sentence for each finding. */
  readonly reasons: readonly string[]
}

/** Shape of `karo ask --json`; `command` and what belongs to it are null when nothing was found. */
export interface Answer {
  readonly command: string | null
  readonly source: string | null
  readonly risk_level: RiskLevel | null
  readonly decision: GuardDecision | null
  readonly placeholders: readonly string[]
  readonly reasons: readonly string[]
  readonly alternatives: readonly Proposal[]
  /** What the person should know of how the answer came about, such as a model that did not answer. */
  readonly notes: readonly string[]
}

/** A candidate before it is judged. */
export interface Candidate {
  readonly command: string
  readonly source: string
  readonly score: number
  readonly placeholders: readonly string[]
  /** It destroys something: beside another answer it has to fit almost as well. */
  readonly destroys?: boolean
}
