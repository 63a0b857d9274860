// Trust levels and labels, the words for an owner's opinion of another node, and the rights that each level gives.

/** Weakest first; neither `peer` nor `supervisor` gives all rights of the other (trust.md). */
export const TRUST_LEVELS = ['untrusted', 'share_to', 'query_from', 'peer', 'supervisor'] as const
export type TrustLevel = (typeof TRUST_LEVELS)[number]

/**
 * Origin of an opinion, as in `karo peers --json`. `frozen`: its key has several successors, and nobody has decided between
 * them; `rotated`: another key took its place.
 */
export type TrustSource =
  | 'config'
  | 'tofu'
  | 'certificate'
  | 'invite'
  | 'domain'
  | 'frozen'
  | 'rotated'
  | 'default'

/** Names of roles and teams, also behind `role:` and `team:` in a sharing list; LABEL_RULE says the same in words. */
export const LABEL = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u
export const LABEL_RULE = "1 to 64 letters, digits, '.', '_' or '-', and starts with a letter or digit"

interface Opens {
  /** May receive our level 1 summaries, the only difference between `share_to` and `untrusted`. */
  readonly receivesLevel1: boolean
  /** May query our level 1 data. */
  readonly queriesLevel1: boolean
  /** Takes part in level 2. */
  readonly level2: boolean
}

/** The table "Trust levels" of trust.md. Nobody gets level 0, so it has no column. */
export const TRUST_OPENS: Readonly<Record<TrustLevel, Opens>> = {
  untrusted: { receivesLevel1: false, queriesLevel1: false, level2: false },
  share_to: { receivesLevel1: true, queriesLevel1: false, level2: false },
  query_from: { receivesLevel1: false, queriesLevel1: true, level2: false },
  peer: { receivesLevel1: true, queriesLevel1: true, level2: true },
  supervisor: { receivesLevel1: false, queriesLevel1: false, level2: true },
}
