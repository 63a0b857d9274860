// The shape of the rules for tools that take secrets under names that tell nothing: by option, position or standard
// input.

export interface ToolRule {
  /** Names of the tools, separated by blanks. */
  readonly tools: string
  /** The rule holds only behind a word like this, such as a subcommand. */
  readonly after?: RegExp
  /** Letters of options without a value, which may stand before the letter in one word: curl's `-su me:pw`. */
  readonly flags?: string
  /** Letters of options whose value is the secret, in the same word or the next. */
  readonly secret?: string
  /** Letters of options whose value is `user:secret`. */
  readonly pair?: string
  /** Letters of options whose value is a file; the output of `<(…)` in its place is the secret. */
  readonly substituted?: string
  /** Options with such a file, with their dashes, separated by blanks. */
  readonly files?: string
  /** Long options whose value is the secret, without dashes, separated by blanks. */
  readonly secretLong?: string
  readonly pairLong?: string
  /** The sign between user and secret; default `:`. */
  readonly separator?: ':' | '%' | ',' | '='
  /** Beginnings of words whose rest is the secret, separated by blanks. */
  readonly prefixes?: string
  /** Words, with their dashes if they have any, before the secret; separated by blanks. */
  readonly keys?: string
  /** Number of words behind such a word that are secrets; default 1. */
  readonly each?: number
  /** If a word like this is there, the last word without a dash is the secret. */
  readonly last?: RegExp
  /** Number of words without a dash between these two, such as a user's name; default 0. */
  readonly between?: number
  /** The secret is not the last such word, but the first one behind those. */
  readonly next?: true
  /** Words like this do not count as words without a dash. */
  readonly unless?: RegExp
  /** Options, with their dashes, whose value is the next word, separated by blanks. */
  readonly valued?: string
  /** A word like this holds the secret as its group `secret`; the pattern has the flag `d`. */
  readonly word?: RegExp
  /** Whether all words `name=value` hold secrets as values. */
  readonly assigns?: true
  /** Options, with their dashes, whose names announce a secret for other tools but not here; separated by blanks. */
  readonly harmless?: string
  /** Whether the rule ends at the first word that is no option, because another command begins there. */
  readonly leading?: true
  /** Whether `--password` and similar options take no secret: they ask for it or mean something else. */
  readonly asks?: true
}

export interface StdinRule {
  /** Names of the tools, separated by blanks; undefined for any command. */
  readonly tools?: string
  /** A word that must be there. */
  readonly given?: RegExp
  /** Whether the input is `user:secret`, of which only the secret goes. */
  readonly pair?: true
}
