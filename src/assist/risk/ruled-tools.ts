// The names of all tools that a rule, a wrapper or the grammar concerns, and data for the shells' quick guard.
import type { PlainLines } from '../../base/words/plain-lines.ts'
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
  return plain(names, false)
}

/** The names that a plain line can begin with, and that have no rule, or have one. */
const plain = (all: Iterable<string>, unruled = true): readonly string[] =>
  [...all].filter((name) => /^\w[\w+-]*$/.test(name) && isUnruled(name) === unruled).sort()

const PLAIN_GIT = words(
  'status log diff show commit fetch pull blame shortlog describe rev-parse ls-files grep',
)

export const PLAIN_LINES: PlainLines = {
  reads: plain(ONLY_READ),
  writers: plain(writers()),
  places: OWN_PLACES,
  outputs: USUAL_STARTS,
  // A file in a directory that is open to all may be given to any tool as code.
  own: [...OWN_PARTS, ...verbParts(), '/tmp/', '/dev/shm/'],
  system: SYSTEM_PARTS,
  git: PLAIN_GIT,
}
