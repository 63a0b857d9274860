// What one person agreed to, as values: the file's `[sharing]` until they decide, and how each decision changes it.
import { KaroError } from '../../base/errors.ts'
import type { Config } from '../../config/index.ts'
import type { ConsentRecord } from '../../store/tables/consent.ts'
import type { Consent } from '../policy/index.ts'

/** The lists a person's decisions change; levels and categories stay the file's. */
export type Choice = Pick<ConsentRecord, 'allow_peers' | 'allow_supervisors' | 'deny_peers' | 'off'>

/** More than a team has members; a list is read for every question. */
export const CHOICE_ENTRIES_MAX = 256

const EVERYBODY = '*'

/** What holds for a person who decided nothing yet. */
export function choiceOfFile(sharing: Config['sharing']): Choice {
  return {
    allow_peers: sharing.allow.peers,
    allow_supervisors: sharing.allow.supervisors,
    deny_peers: [],
    off: false,
  }
}

export function sameChoice(one: Choice, other: Choice): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((entry, i) => entry === b[i])
  return (
    one.off === other.off &&
    same(one.allow_peers, other.allow_peers) &&
    same(one.allow_supervisors, other.allow_supervisors) &&
    same(one.deny_peers, other.deny_peers)
  )
}

/** A person's decision replaces the file's lists; `max_level` and the categories are the file's at all times. */
export function consentFrom(sharing: Config['sharing'], choice: Choice): Consent {
  return {
    allow_peers: choice.allow_peers,
    allow_supervisors: choice.allow_supervisors,
    deny_peers: choice.deny_peers,
    off: choice.off,
    max_level: sharing.max_level,
    categories: sharing.categories,
  }
}

/**
 * `entry` (a node id, `team:x`, `role:x` or `*`) may have level 1, and is not stopped any more. While sharing is
 * off it also switches it on, for this entry alone: what was allowed before does not come back unasked.
 * KaroError `conflict` when the list is full.
 */
export function allowing(choice: Choice, entry: string): Choice {
  return {
    allow_peers: withEntry(choice.off ? [] : choice.allow_peers, entry),
    allow_supervisors: choice.off ? [] : choice.allow_supervisors,
    deny_peers: choice.deny_peers.filter((one) => one !== entry),
    off: false,
  }
}

/**
 * Nothing of this person's for `entry` any more, at no level. It is remembered as stopped, because `*` or a team
 * may let the same node have it, and a deny beats every allow. Stopping `*` empties the lists instead, so that
 * a later `allow` of one node means that node. KaroError `conflict` when the list is full.
 */
export function stopping(choice: Choice, entry: string): Choice {
  if (entry === EVERYBODY) return { ...choice, allow_peers: [], allow_supervisors: [] }
  return {
    ...choice,
    allow_peers: choice.allow_peers.filter((one) => one !== entry),
    allow_supervisors: choice.allow_supervisors.filter((one) => one !== entry),
    deny_peers: withEntry(choice.deny_peers, entry),
  }
}

function withEntry(entries: readonly string[], entry: string): readonly string[] {
  if (entries.includes(entry)) return entries
  if (entries.length >= CHOICE_ENTRIES_MAX) {
    throw new KaroError('conflict', `a sharing list has at most ${CHOICE_ENTRIES_MAX} entries`, {
      hint: 'Share with a team or a role instead of with each node.',
    })
  }
  return [...entries, entry]
}
