// What a command of one's history is worth when something is looked for: how often, how lately, where, and how it ended.

/**
 * The worth of a command is the sum over its uses of
 *
 *     2^(-age / 7 days) × place × outcome
 *
 * Decay by half-lives adds up frequency and recency in one number without storing one: a command used daily comes to
 * about 10, one used once five minutes ago to 1, one used a hundred times a year ago to nothing. (Ruderman, "NewFrecency",
 * for Firefox; zoxide and atuin weigh a count by the age of the last use in steps instead, so that one use of today makes
 * a hundred of last year new again.)
 */
const HALF_LIFE_HOURS = 7 * 24
/** A use in this directory counts so much more than one elsewhere; above and below it is between. */
const PLACES = { here: 5, near: 2, elsewhere: 1 } as const
/** What failed is looked for too, to be mended, but rarely to be repeated. */
const FAILED = 0.4

const HOUR_MS = 3_600_000
/** Ten half-lives, after which a use is worth a thousandth. */
const DECAY = Float64Array.from(
  { length: 10 * HALF_LIFE_HOURS + 1 },
  (_, hours) => 2 ** (-hours / HALF_LIFE_HOURS),
)

/** Of one use, by its age. */
export function worthOfUse(ageMs: number, failed: boolean): number {
  const hours = Math.min(DECAY.length - 1, Math.trunc(ageMs / HOUR_MS))
  return failed ? DECAY[hours]! * FAILED : DECAY[hours]!
}

/** Of a use by its directory; `here` is where somebody looks, undefined where that says nothing. */
export function worthOfPlace(cwd: string, here: string | undefined): number {
  if (here === undefined) return PLACES.elsewhere
  if (cwd === here) return PLACES.here
  return isBelow(cwd, here) || isBelow(here, cwd) ? PLACES.near : PLACES.elsewhere
}

/** Whether a directory is below another one that is not the root. */
const isBelow = (path: string, above: string): boolean => above !== '/' && path.startsWith(`${above}/`)

/** What was typed so lately is still in mind. */
const JUST_MS = 10 * 60_000

/**
 * What decides the order. Without a question, what was typed in the last ten minutes comes first, the newest on top, as
 * a shell's own search has it. With one, words come before letters, and a better match counts more.
 */
export function scoreOf(
  { match, worth, ageMs }: { readonly match: number; readonly worth: number; readonly ageMs: number },
  asked: boolean,
): number {
  if (!asked) return ageMs < JUST_MS ? 2 * ABOVE_ALL - ageMs : worth
  const tier = match >= 1 ? ABOVE_ALL : 0
  return tier + match * worth
}

/** More than any worth: a use each second for a month. */
const ABOVE_ALL = 1e8
