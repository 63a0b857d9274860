// Finds a command for a request in words: recipes, own history, option descriptions; each answer is judged first.
import type { GuardDecision, RiskLevel, RiskVerdict, SHELLS } from '../risk/index.ts'
import { buildIndex, type Index, search } from './match.ts'
import { RECIPES } from './recipes/index.ts'
import { fill } from './slots.ts'

export interface Proposal {
  readonly command: string
  /** `recipe`, `history`, `fig <command>`, `model <name>`. */
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

export interface AskOptions {
  readonly shell: (typeof SHELLS)[number]
  readonly judge: (command: string) => RiskVerdict
}

/** A candidate before it is judged. */
export interface Candidate {
  readonly command: string
  readonly source: string
  readonly score: number
  readonly placeholders: readonly string[]
}

/** Below this the request is something else; nothing is proposed rather than guessed. */
const LEAST_SCORE = 0.5
/** An alternative is at most so much worse than the answer. */
const NEAR = 0.25
const MOST_ALTERNATIVES = 3

let index: Index | undefined

/** Recipes for a request, best first, each with its slots filled; none below what is worth saying. */
export function recipesFor(request: string, shell: AskOptions['shell']): readonly Candidate[] {
  index ??= buildIndex(RECIPES)
  return search(request, index)
    .filter(({ score }) => score >= LEAST_SCORE)
    .slice(0, 2 * MOST_ALTERNATIVES)
    .map(({ recipe, score, values }) => {
      const template = (shell === 'fish' ? recipe.fish : undefined) ?? recipe.run
      const { command, missing } = fill(template, values)
      return { command, source: 'recipe', score, placeholders: missing }
    })
}

/** Deterministic; runs nothing. `others`: further candidates, such as own commands that fit. */
export function askOffline(request: string, options: AskOptions, others: readonly Candidate[] = []): Answer {
  const all = [...recipesFor(request, options.shell), ...others].sort((a, b) => b.score - a.score)
  const best = all[0]?.score ?? 0
  const proposals: Proposal[] = []
  for (const candidate of all) {
    if (candidate.score < best - NEAR || proposals.length > MOST_ALTERNATIVES) break
    if (proposals.some((one) => one.command === candidate.command)) continue
    proposals.push(judged(candidate, options.judge))
  }
  return answerOf(proposals, [])
}

export function judged(
  { command, source, placeholders }: Omit<Candidate, 'score'>,
  judge: AskOptions['judge'],
): Proposal {
  const { risk_level, decision, matches } = judge(command)
  return { command, source, risk_level, decision, placeholders, reasons: matches.map(({ why }) => why) }
}

export function answerOf(proposals: readonly Proposal[], notes: readonly string[]): Answer {
  const [first, ...alternatives] = proposals
  const nothing = {
    command: null,
    source: null,
    risk_level: null,
    decision: null,
    placeholders: [],
    reasons: [],
  }
  return { ...(first ?? nothing), alternatives, notes }
}
