// Trust levels and labels: the words in which an owner's opinion of another node is said, and what each level opens.

/** Weakest first; `peer` and `supervisor` are not ordered against each other in what they open (trust.md). */
export const TRUST_LEVELS = ['untrusted', 'share_to', 'query_from', 'peer', 'supervisor'] as const
export type TrustLevel = (typeof TRUST_LEVELS)[number]

/** Where an opinion came from, as `karo peers --json` says it. */
export type TrustSource = 'config' | 'tofu' | 'certificate' | 'invite' | 'introduction' | 'domain' | 'default'

/** Names of roles and teams, and what may follow `role:` and `team:` in a sharing list: `LABEL_RULE` in words. */
export const LABEL = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u
export const LABEL_RULE = "1 to 64 letters, digits, '.', '_' or '-', and starts with a letter or digit"

interface Opens {
  /** May be sent our level 1 summaries; it is all that tells `share_to` from `untrusted`. */
  readonly receivesLevel1: boolean
  /** May ask us for level 1. */
  readonly queriesLevel1: boolean
  /** Takes part in level 2. */
  readonly level2: boolean
}

/** The table of trust.md, "Trust levels". Level 0 goes to nobody, so it has no column. */
export const TRUST_OPENS: Readonly<Record<TrustLevel, Opens>> = {
  untrusted: { receivesLevel1: false, queriesLevel1: false, level2: false },
  share_to: { receivesLevel1: true, queriesLevel1: false, level2: false },
  query_from: { receivesLevel1: false, queriesLevel1: true, level2: false },
  peer: { receivesLevel1: true, queriesLevel1: true, level2: true },
  supervisor: { receivesLevel1: false, queriesLevel1: false, level2: true },
}
