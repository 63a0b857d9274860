// Shapes of a request's answer: candidates, judged proposals, and the answer made of them.
import type { GuardDecision, RiskLevel } from '../risk/index.ts'

type Confidence = 'sure' | 'perhaps'

export interface Proposal {
  readonly command: string
  /** `recipe`, `history`, `options` (Karo's own table), `fig <command>`, `model <name>`. */
  readonly source: string
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  /** Words in capitals that the person has to replace. */
  readonly placeholders: readonly string[]
  /** Why the command is risky, one sentence for each finding. */
  readonly reasons: readonly string[]
  /** `sure` if every word of the request is accounted for; otherwise the command is only a guess. */
  readonly confidence: Confidence
}

/** Shape of `karo ask --json`. The fields of the command are null if nothing was found. */
export interface Answer {
  readonly command: string | null
  readonly source: string | null
  readonly risk_level: RiskLevel | null
  readonly decision: GuardDecision | null
  readonly placeholders: readonly string[]
  readonly reasons: readonly string[]
  readonly confidence: Confidence | null
  readonly alternatives: readonly Proposal[]
  /** Notes on how the answer came about, for example that the model did not answer. */
  readonly notes: readonly string[]
}

/** A candidate before it is judged. */
export interface Candidate {
  readonly command: string
  readonly source: string
  readonly score: number
  readonly placeholders: readonly string[]
  /** Whether the command destroys something; as an alternative it then has to fit almost as well as the answer. */
  readonly destroys?: boolean
  readonly confidence: Confidence
  /**
   * The family of the way to the command, and the parts of the grammar or the recipe that led there, by the names that
   * `reliability.ts` counts; none where no set of requests can tell, as with commands of one's own.
   */
  readonly ways?: readonly string[]
}
