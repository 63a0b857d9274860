// Ways in which tools take secrets under names that do not tell, as rows of tables: options, positions, standard input.

export interface ToolRule {
  /** Names, separated by blanks. */
  readonly tools: string
  /** Only after this word, such as a subcommand. */
  readonly after?: RegExp
  /** Letters of options without a value, which may stand before the letter in one word: curl's `-su me:pw`. */
  readonly flags?: string
  /** Letters of options whose value is the secret, in the same word or the next. */
  readonly secret?: string
  /** Letters of options whose value is `user:secret`. */
  readonly pair?: string
  /** Letters of options whose value is a file, where what `<(…)` prints is the secret. */
  readonly substituted?: string
  /** Options likewise, with their dashes, separated by blanks. */
  readonly files?: string
  /** Long options likewise, without dashes, separated by blanks. */
  readonly secretLong?: string
  readonly pairLong?: string
  /** What stands between user and secret; `:` unless said. */
  readonly separator?: ':' | '%' | ',' | '='
  /** Beginnings of words whose rest is the secret, separated by blanks. */
  readonly prefixes?: string
  /** Words, with their dashes if they have any, whose next word is the secret, separated by blanks. */
  readonly keys?: string
  /** How many words behind such a word are secrets; one unless said. */
  readonly each?: number
  /** The last bare word is the secret when a word like this is there too. */
  readonly last?: RegExp
  /** How many bare words must stand between the two, such as a user's name; none unless said. */
  readonly between?: number
  /** It is not the last bare word but the first one behind those. */
  readonly next?: true
  /** Bare words like this do not count. */
  readonly unless?: RegExp
  /** Options, with their dashes, whose next word is theirs and no bare word, separated by blanks. */
  readonly valued?: string
  /** A word like this holds the secret as its group `secret`; with the flag `d`. */
  readonly word?: RegExp
  /** All words `name=value` hold secrets as values. */
  readonly assigns?: true
  /** Options, with their dashes, whose names announce a secret elsewhere but not here, separated by blanks. */
  readonly harmless?: string
  /** Only before its first word that is no option: the rest is another command. */
  readonly leading?: true
  /** Its `--password` and the like ask for the secret or mean something else: the next word is none. */
  readonly asks?: true
}

export interface StdinRule {
  /** Names, separated by blanks; undefined for any command. */
  readonly tools?: string
  /** A word that must be there. */
  readonly given?: RegExp
  /** Of `user:secret` the secret, and nothing else. */
  readonly pair?: true
}
