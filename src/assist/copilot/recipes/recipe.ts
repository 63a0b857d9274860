// The shape of a recipe: wordings of a request, and the command that answers it, with slots for named things.

export interface Recipe {
  /**
   * The command for bash and zsh. `{file}` is filled from the request and quoted as one word; `{dir=.}` has a default;
   * without one an unfilled slot becomes its name in capitals, for the person to replace.
   */
  readonly run: string
  /** The command for fish, if it has to differ. */
  readonly fish?: string
  /** Wordings of the request, with slots where people put the things. */
  readonly says: readonly string[]
  /** Words (as stems), one of which a request must have for a recipe that destroys, ends or overwrites something. */
  readonly asks?: readonly string[]
  /** Words, one of which a request must have: the recipe's others also stand in requests for something else. */
  readonly needs?: readonly string[]
  /** Words that a request must not have. */
  readonly unless?: readonly string[]
}

interface More {
  readonly fish?: string
  readonly asks?: string
  readonly needs?: string
  readonly unless?: string
}

/** Makes a recipe; `says` holds its wordings, separated by `|`. */
export function recipe(run: string, says: string, more: More = {}): Recipe {
  return {
    run,
    says: says.split('|').map((one) => one.trim()),
    ...(more.fish !== undefined && { fish: more.fish }),
    ...(more.asks !== undefined && { asks: more.asks.split(' ') }),
    ...(more.needs !== undefined && { needs: more.needs.split(' ') }),
    ...(more.unless !== undefined && { unless: more.unless.split(' ') }),
  }
}
