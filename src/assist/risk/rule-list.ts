// The built-in rules as people and scripts see them: id, level, what may happen, an example.
import type { RiskLevel } from '../../base/words/risk-levels.ts'
import { RULES } from './rules/index.ts'
import { LINE_RULES } from './rules/system/lines.ts'

/** Shape of one entry of `karo check --rules --json`. */
export interface RuleEntry {
  /** Id of the rule, for exceptions. */
  readonly rule: string
  readonly risk_level: RiskLevel
  /** Its level for a line that an AI tool gives. */
  readonly for_ai_tools: RiskLevel
  /** Whether it finds nothing in a line that a person types. */
  readonly ai_tools_only: boolean
  readonly why: string
  /** Part of the catastrophic core: no exception lowers it. */
  readonly core: boolean
  /** Names of commands that it looks at; empty for rules about any command or about the whole line. */
  readonly tools: readonly string[]
  readonly example: string
}

/** The rules in the order of the table; with `word`, only rules with that text in their id, tools or `why`. */
export function ruleList(word = ''): readonly RuleEntry[] {
  const wanted = word.toLowerCase()
  return [...RULES, ...LINE_RULES.map((rule) => ({ ...rule, tools: [] as readonly string[] }))]
    .map(
      ({ id, level, given = level, caller, why, core, tools, example = '' }): RuleEntry => ({
        rule: id,
        risk_level: level,
        for_ai_tools: given,
        ai_tools_only: caller === 'tool',
        why,
        core: core === true,
        tools: tools.filter((it) => it !== '*'),
        example,
      }),
    )
    .filter((entry) =>
      [entry.rule, entry.why, ...entry.tools].some((text) => text.toLowerCase().includes(wanted)),
    )
}
