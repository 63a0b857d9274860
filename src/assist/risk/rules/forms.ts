// Rules that say the lines which they find as forms, in place of tools and a condition.
import { formsOf, type NamedForms, SOURCES } from '../forms.ts'
import { inputCode } from '../writes/positions.ts'
import { NAMED_IN_GENERAL_RULES, type Rule } from './rule.ts'
import { appended, changed, deletedTrees, filled, overwritten } from './targets.ts'

export interface FormRule extends Omit<Rule, 'tools' | 'when'> {
  readonly finds: string
  readonly named?: NamedForms
}

/** Rules as they are written. */
export type Rules = readonly (Rule | FormRule)[]

const OF_RULES = {
  ...SOURCES,
  input: inputCode,
  writes: overwritten,
  appends: appended,
  changes: changed,
  fills: filled,
  trees: deletedTrees,
}

/** The rule, which reads its forms when it is asked about one of their tools first. */
export function ruleOf({ finds, named, ...rule }: FormRule): Rule {
  const { names, isForAll, has, hits } = formsOf(finds, named, OF_RULES)
  const isListed = (tool: string): boolean => !isForAll || !NAMED_IN_GENERAL_RULES.has(tool)
  return {
    ...rule,
    get tools() {
      return names().filter(isListed)
    },
    isAbout: (tool) => (tool === '*' ? isForAll : isListed(tool) && has(tool)),
    when: (c, o) => hits(c, o)[0],
  }
}
