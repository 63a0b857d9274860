// View of the built-in rules: a table, the worst first, the catastrophic core marked.

import type { RuleEntry } from '../../assist/risk/rule-list.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import { type Columns, printable, type Screen, table } from '../kit.ts'

const COLUMNS: Columns<RuleEntry> = {
  RULE: 'rule',
  LEVEL: {
    value: (row) => (row.core ? `${row.risk_level} *` : row.risk_level),
    style: (row) => (row.risk_level === 'moderate' ? 'yellow' : 'red'),
  },
  'AI TOOLS': (row) =>
    row.ai_tools_only ? 'only' : row.for_ai_tools === row.risk_level ? '' : row.for_ai_tools,
  'WHAT MAY HAPPEN': { value: 'why', wrap: true },
}

/** `asked` is the word by which the rules were chosen. Ends with a newline. */
export function printRules(rules: readonly RuleEntry[], io: Screen, asked: string): string {
  if (rules.length === 0) return `No rule has "${printable(asked)}".\n`
  const sorted = [...rules].sort(
    (a, b) => RISK_LEVELS.indexOf(b.risk_level) - RISK_LEVELS.indexOf(a.risk_level),
  )
  const core = sorted.some((rule) => rule.core)
  return `${table(io, sorted, COLUMNS)}\n${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${core ? '; * = exceptions do not apply' : ''}\n`
}
