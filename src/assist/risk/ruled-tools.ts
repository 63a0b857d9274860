// The names of all tools that a rule, a wrapper or the grammar concerns, and data for the shells' quick guard.

import { carrierNames } from './carriers/carriers.ts'
import { INTERPRETER_NAMES, SHELLS, wrapperNames } from './carriers/wrappers.ts'
import { words } from './lookup.ts'
import { GRAMMAR, isUnruled, RULES } from './rules/index.ts'
import { NAMED_IN_GENERAL_RULES } from './rules/rule.ts'
import { verbParts } from './rules/verbs.ts'
import { OWN_PARTS, OWN_PLACES, SYSTEM_PARTS } from './writes/own-files.ts'
import { writers } from './writes/positions.ts'
import { ONLY_READ, USUAL_STARTS } from './writes/tools.ts'

/**
 * A plain command of any other name is Safe without being read, unless the name has a dot (`python3.12`), a slash or a
 * sign that is no letter, digit, `_`, `+` or `-`. Sorted; `*` and names that no plain word can be are left out.
 */
export function ruledTools(): readonly string[] {
  const names = new Set([
    ...RULES.flatMap(({ tools }) => tools),
    ...wrapperNames(),
    ...carrierNames(),
    ...INTERPRETER_NAMES,
    ...SHELLS,
    ...NAMED_IN_GENERAL_RULES,
    ...GRAMMAR,
  ])
  return [...names].filter((name) => /^\w[\w+-]*$/.test(name) && !isUnruled(name)).sort()
}

/** Plain words by which a shell decides alone whether a plain line of a tool without a rule may run. */
interface PlainLines {
  /** Tools that write no file, whatever their words. */
  readonly reads: readonly string[]
  /** Tools that write a file named in their words. */
  readonly writers: readonly string[]
  /** Parts of words; the guard is asked about a line of any other tool that has one. */
  readonly own: readonly string[]
  /** Names in a path of the working directory; inside such a directory the guard is asked about any tool that may write. */
  readonly places: readonly string[]
  /** Beginnings of words that name a file to write, for any tool. */
  readonly outputs: readonly string[]
  /** Parts of words; the guard is asked about a line that has one if its tool is a writer or it has a word of `outputs`. */
  readonly system: readonly string[]
  /** Commands of git about which no rule is, whatever their plain words. */
  readonly git: readonly string[]
}

const PLAIN_GIT = words(
  'status log diff show commit fetch pull blame shortlog describe rev-parse ls-files grep',
)

export const PLAIN_LINES: PlainLines = {
  reads: [...ONLY_READ].filter(isUnruled),
  writers: writers()
    .filter((name) => /^\w[\w+-]*$/.test(name) && isUnruled(name))
    .sort(),
  places: OWN_PLACES,
  outputs: USUAL_STARTS,
  own: [...OWN_PARTS, ...verbParts()],
  system: SYSTEM_PARTS,
  git: PLAIN_GIT,
}
