// What a command in the history is worth to a search: how often it ran, how lately, where, and how it ended.

/**
 * The worth of a command is the sum over its uses of
 *
 *     2^(-age / 7 days) × place × outcome
 *
 * Half-lives put frequency and recency into one sum: a command used daily is worth about 10, one used five minutes ago 1,
 * one used a hundred times a year ago nothing. (Ruderman, "NewFrecency", for Firefox. zoxide and atuin instead multiply the
 * count by a step for the last use, so that one use today revives a hundred uses of last year.)
 */
const HALF_LIFE_HOURS = 7 * 24
/** Factors for the directory of a use: `here` the same directory, `near` one above or below it. */
const PLACES = { here: 5, near: 2, elsewhere: 1 } as const
/** Factor for a use that failed: people look for such a command to mend it, but rarely to repeat it. */
const FAILED = 0.4

const HOUR_MS = 3_600_000
/** The factor by age in hours, up to ten half-lives, after which a use is worth a thousandth. */
const DECAY = Float64Array.from(
  { length: 10 * HALF_LIFE_HOURS + 1 },
  (_, hours) => 2 ** (-hours / HALF_LIFE_HOURS),
)

/** The worth of one use by its age in milliseconds and its outcome. */
export function worthOfUse(ageMs: number, failed: boolean): number {
  const hours = Math.min(DECAY.length - 1, Math.trunc(ageMs / HOUR_MS))
  return failed ? DECAY[hours]! * FAILED : DECAY[hours]!
}

/** The factor for the directory of a use; `here` is the directory of the search, undefined if it does not matter. */
export function worthOfPlace(cwd: string, here: string | undefined): number {
  if (here === undefined) return PLACES.elsewhere
  if (cwd === here) return PLACES.here
  return isBelow(cwd, here) || isBelow(here, cwd) ? PLACES.near : PLACES.elsewhere
}

/** Whether a directory is below another one that is not the root. */
const isBelow = (path: string, above: string): boolean => above !== '/' && path.startsWith(`${above}/`)

/** Milliseconds for which a command counts as just typed. */
const JUST_MS = 10 * 60_000

/**
 * The number that orders the list. Without a question, commands of the last ten minutes come first, the newest on top, as
 * in a shell's own search. With a question, matches of words come before matches of letters, better matches first.
 */
export function scoreOf(
  { match, worth, ageMs }: { readonly match: number; readonly worth: number; readonly ageMs: number },
  asked: boolean,
): number {
  if (!asked) return ageMs < JUST_MS ? 2 * ABOVE_ALL - ageMs : worth
  const tier = match >= 1 ? ABOVE_ALL : 0
  return tier + match * worth
}

/** More than any worth; that of a use each second for a month is less. */
const ABOVE_ALL = 1e8
