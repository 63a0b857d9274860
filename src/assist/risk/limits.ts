// Bounds of one check, so that no input, however made, costs more than a fixed amount of work.

/** UTF-16 units; a longer command is not read at all and is never Safe. */
export const MAX_COMMAND_LENGTH = 65_536
/** Nested scripts: substitutions, `bash -c`, eval, function calls. */
export const MAX_DEPTH = 12
/** Syntax nodes inside one another, over all nested scripts; keeps the call stack small. */
export const MAX_NESTING = 250
/** Syntax nodes looked at, over all nested scripts and loop rounds. */
const MAX_NODES = 6_000
/** Words that brace expansion may make of one word. */
export const MAX_BRACE_WORDS = 64
/** UTF-16 units one word may grow to through variables; beyond, it is unknown. */
export const MAX_WORD_LENGTH = 4_096
/** UTF-16 units of the directory a command runs in that cost as much as a word. */
export const DIRECTORY_PER_WORD = 64
/** Words a command may have; more are cut, and the command is never Safe. */
export const MAX_WORDS = 2_000
/** UTF-16 units re-read in nested scripts. */
const MAX_NESTED_TEXT = 262_144
/** Rounds of a `for` loop over known words that are followed one by one. */
export const MAX_LOOP_ROUNDS = 8
/** Findings reported. */
export const MAX_MATCHES = 20

/** Texts in which a command is looked for that no carrier is known to run. */
const MAX_TRIES = 48

/** What is left of the bounds during one check. */
export interface Budget {
  nodes: number
  words: number
  nestedText: number
  tries: number
  exhausted: boolean
}

export function newBudget(): Budget {
  return {
    nodes: MAX_NODES,
    words: 4 * MAX_WORDS,
    nestedText: MAX_NESTED_TEXT,
    tries: MAX_TRIES,
    exhausted: false,
  }
}

/** Takes `amount` of one bound; false, and remembered, when it is used up. */
export function spend(budget: Budget, what: 'nodes' | 'words' | 'nestedText' | 'tries', amount = 1): boolean {
  budget[what] -= amount
  if (budget[what] >= 0) return true
  // What is looked for beyond the grammar ends quietly: the line itself was read.
  if (what === 'tries') return false
  budget.exhausted = true
  return false
}
