// Bounds of one check, so that no input costs more than a fixed amount of work.

/** UTF-16 units; a longer command is not read at all and is never Safe. */
export const MAX_COMMAND_LENGTH = 65_536
/** Depth of nested scripts: substitutions, `bash -c`, eval, function calls. */
export const MAX_DEPTH = 12
/** Depth of syntax nodes, over all nested scripts; keeps the call stack small. */
export const MAX_NESTING = 250
/** Syntax nodes that are read, over all nested scripts and loop rounds. */
const MAX_NODES = 6_000
/** Words that brace expansion may make of one word. */
export const MAX_BRACE_WORDS = 64
/** UTF-16 units to which variables may expand one word; a longer word counts as unknown. */
export const MAX_WORD_LENGTH = 4_096
/** UTF-16 units of a working directory that cost as much as one word, because each path is resolved against it. */
export const DIRECTORY_PER_WORD = 64
/** Words a command may have; more are cut, and the command is never Safe. */
export const MAX_WORDS = 2_000
/** UTF-16 units of nested scripts that are read. */
const MAX_NESTED_TEXT = 262_144
/** Rounds of a `for` loop over known words that are followed one by one. */
export const MAX_LOOP_ROUNDS = 8
/** Scripts in files that are read for one line, those that they run included. */
export const MAX_FILES = 8
/** Findings that are reported. */
export const MAX_MATCHES = 20

/** Texts that are tried as commands although no carrier is known to run them. */
const MAX_TRIES = 48

/** The rest of the bounds during one check. */
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

/** Takes `amount` from one bound. False if the bound is used up, which `exhausted` then records. */
export function spend(budget: Budget, what: 'nodes' | 'words' | 'nestedText' | 'tries', amount = 1): boolean {
  budget[what] -= amount
  if (budget[what] >= 0) return true
  // Tries go beyond the grammar; without them the line itself was still read to its end.
  if (what === 'tries') return false
  budget.exhausted = true
  return false
}
