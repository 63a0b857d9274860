// What a recipe is: a request in a few wordings, and the command that answers it, with slots for what was named.

export interface Recipe {
  /**
   * The command for bash and zsh. `{file}` is filled from the request and quoted as one word; `{dir=.}` has a default;
   * without one an unfilled slot becomes its name in capitals, for the person to replace.
   */
  readonly run: string
  /** The same for fish, where it has to differ. */
  readonly fish?: string
  /** Wordings of the request, with its slots where people put them. */
  readonly says: readonly string[]
  /** It destroys, ends or overwrites something: only offered when the request has one of these words (as stems). */
  readonly asks?: readonly string[]
  /** It is never offered when the request has one of these. */
  readonly unless?: readonly string[]
}

interface More {
  readonly fish?: string
  readonly asks?: string
  readonly unless?: string
}

/** `says`: wordings separated by `|`. */
export function recipe(run: string, says: string, more: More = {}): Recipe {
  return {
    run,
    says: says.split('|').map((one) => one.trim()),
    ...(more.fish !== undefined && { fish: more.fish }),
    ...(more.asks !== undefined && { asks: more.asks.split(' ') }),
    ...(more.unless !== undefined && { unless: more.unless.split(' ') }),
  }
}
