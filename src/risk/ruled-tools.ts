// The names of all tools that the rules, the wrappers or the grammar have anything to say about.
import { CARRIERS } from './carriers.ts'
import { GRAMMAR, isUnruled, NAMED_IN_GENERAL_RULES, RULES } from './rules/index.ts'
import { INTERPRETERS, SHELLS, WRAPPERS } from './wrappers.ts'

/**
 * A plain command of any other name is Safe without being read, unless the name has a dot (`python3.12`), a slash or a
 * sign that is no letter, digit, `_`, `+` or `-`. Sorted; `*` and names that no plain word can be are left out.
 */
export function ruledTools(): readonly string[] {
  const names = new Set([
    ...RULES.flatMap(({ tools }) => tools),
    ...Object.keys(WRAPPERS),
    ...Object.keys(CARRIERS),
    ...Object.keys(INTERPRETERS),
    ...SHELLS,
    ...NAMED_IN_GENERAL_RULES,
    ...GRAMMAR,
  ])
  return [...names].filter((name) => /^\w[\w+-]*$/.test(name) && !isUnruled(name)).sort()
}
