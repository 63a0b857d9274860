// The shape of an explanation: a command line as a tree of parts, each with what it means and who says so.

import type { GuardDecision, RiskLevel, RiskMatch } from '../risk/index.ts'
import type { PartKind } from '../risk/parts.ts'

/** UTF-16 offsets [start, end) into the command as given. */
export type Span = readonly [start: number, end: number]

/** One part of the line: a word, an operator, or something that holds other parts. */
export interface ExplainedPart {
  readonly kind: PartKind | 'option' | 'value'
  readonly span: Span
  /** As typed; long text is cut, `span` tells all of it. */
  readonly text: string
  /** What it does, one or two sentences; null when nobody knows the word. */
  readonly meaning: string | null
  /** Who says so: `karo`, `shell`, `fig curl`, `man curl(1)`, `whatis`; null together with `meaning`. */
  readonly source: string | null
  /** Ids of the rules that have a finding in this part and in none of its parts. */
  readonly risks: readonly string[]
  readonly parts: readonly ExplainedPart[]
}

/** Shape of `karo explain --json`. */
export interface Explanation {
  readonly command: string
  readonly shell: string
  /** One sentence about the whole line. */
  readonly summary: string
  /** False when the grammar did not accept all of it: then parts may be missing. */
  readonly parsed: boolean
  readonly parts: readonly ExplainedPart[]
  readonly risk_level: RiskLevel
  readonly decision: GuardDecision
  readonly matches: readonly RiskMatch[]
  readonly safer: string | null
  /** Every source that said something, each once. */
  readonly sources: readonly string[]
  /** More parts than are explained, or a command too long to read. */
  readonly truncated: boolean
}
