// Shapes of a request's answer: candidates, judged proposals, and the answer made of them; and that there is none.
import type { GuardDecision, RiskLevel } from '../risk/index.ts'

/** `sure`: an answer; `perhaps`: one of a choice of two or three. */
type Confidence = 'sure' | 'perhaps'

export interface Proposal {
  readonly command: string
  /** `karo` (its knowledge), `grammar`, `history`, `own`, `tldr <page>`, `options` (Karo's own table), `fig <command>`, `model <name>`. */
  readonly source: string
  /** What the command does, in the words of the knowledge; null where there are none. */
  readonly does: string | null
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  /** Words in capitals that the person has to replace. */
  readonly placeholders: readonly string[]
  /** Why the command is risky, one sentence for each finding. */
  readonly reasons: readonly string[]
  readonly confidence: Confidence
}

/** Shape of `karo ask --json`. The fields of the command are null if nothing was found. */
export interface Answer {
  readonly command: string | null
  readonly source: string | null
  readonly does: string | null
  readonly risk_level: RiskLevel | null
  readonly decision: GuardDecision | null
  readonly placeholders: readonly string[]
  readonly reasons: readonly string[]
  readonly confidence: Confidence | null
  /** Beside an answer others that fit less; in a choice the rest of it. */
  readonly alternatives: readonly Proposal[]
  /** What Karo knows that is nearest to the request where there is no command, as it stands there. */
  readonly nearest: readonly Proposal[]
  /** Notes on how the answer came about, for example that the model did not answer. */
  readonly notes: readonly string[]
}

export const NO_ANSWER: Answer = {
  command: null,
  source: null,
  does: null,
  risk_level: null,
  decision: null,
  placeholders: [],
  reasons: [],
  confidence: null,
  alternatives: [],
  nearest: [],
  notes: [],
}

/** A candidate before it is judged. */
export interface Candidate {
  readonly command: string
  readonly source: string
  readonly does: string | null
  readonly placeholders: readonly string[]
  readonly destroys: boolean
  readonly confidence: Confidence
}
