// The shape of an explanation: a command line as a tree of parts, each with its meaning and the source of that.

import type { GuardDecision, RiskLevel, RiskMatch } from '../risk/index.ts'
import type { PartKind } from '../risk/parts.ts'

/** UTF-16 offsets [start, end) into the command as given. */
export type Span = readonly [start: number, end: number]

/** One part of the line: a word, an operator, or a construct with parts of its own. */
export interface ExplainedPart {
  readonly kind: PartKind | 'option' | 'value'
  readonly span: Span
  /** The part as typed; long text is cut, while `span` covers all of it. */
  readonly text: string
  /** What the part does, in one or two sentences; null if no source knows the word. */
  readonly meaning: string | null
  /** Source of the meaning: `karo`, `shell`, `fig curl`, `man curl(1)`, `whatis`; null together with `meaning`. */
  readonly source: string | null
  /** Ids of rules with a finding in this part that is not in one of its inner parts. */
  readonly risks: readonly string[]
  readonly parts: readonly ExplainedPart[]
}

/** Shape of `karo explain --json`. */
export interface Explanation {
  readonly command: string
  readonly shell: string
  /** One sentence about the whole line. */
  readonly summary: string
  /** False if the grammar did not accept the whole line; parts may then be missing. */
  readonly parsed: boolean
  readonly parts: readonly ExplainedPart[]
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  readonly matches: readonly RiskMatch[]
  readonly safer: string | null
  /** Every source that gave a meaning, each once. */
  readonly sources: readonly string[]
  /** Whether parts are missing because there are too many, or because the command is too long. */
  readonly truncated: boolean
}
