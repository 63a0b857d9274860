// The names of all tools that the rules, the wrappers or the grammar have anything to say about.
import { CARRIERS } from './carriers/carriers.ts'
import { INTERPRETERS, SHELLS, WRAPPERS } from './carriers/wrappers.ts'
import { GRAMMAR, isUnruled, NAMED_IN_GENERAL_RULES, RULES } from './rules/index.ts'
import { OWN_PARTS, OWN_PLACES, SYSTEM_PARTS } from './writes/own-files.ts'
import { WRITERS } from './writes/positions.ts'
import { ONLY_READ, USUAL_STARTS } from './writes/tools.ts'

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

/** What a shell has to know to let a plain line of a tool that is not ruled run unasked; all of it plain words. */
export interface PlainLines {
  /** Tools that write no file, whatever their words are. */
  readonly reads: readonly string[]
  /** Tools that write a file which they are given. */
  readonly writers: readonly string[]
  /** Parts of the line with which a line of any other tool is asked about. */
  readonly own: readonly string[]
  /** Directories, by one name of their path, in which a line of any tool that may write is asked about. */
  readonly places: readonly string[]
  /** How words begin that name a file to write, for any tool. */
  readonly outputs: readonly string[]
  /** Parts with which one of a writer, or with such a word, is. */
  readonly system: readonly string[]
}

export const PLAIN_LINES: PlainLines = {
  reads: [...ONLY_READ].filter(isUnruled),
  writers: WRITERS.filter((name) => /^\w[\w+-]*$/.test(name) && isUnruled(name)).sort(),
  places: OWN_PLACES,
  outputs: USUAL_STARTS,
  own: OWN_PARTS,
  system: SYSTEM_PARTS,
}
