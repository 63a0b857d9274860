// What one person agreed to, as values: the file's `[sharing]` until they decide, and how each decision changes it.
import { KaroError } from '../../base/errors.ts'
import type { Config } from '../../config/index.ts'
import type { ConsentRecord } from '../../store/tables/consent.ts'
import { type Consent, type PartOf, SHARING_CATEGORIES, type SharingCategory } from '../policy/index.ts'

/** The lists a person's decisions change; `max_level` and the switches of `[sharing.categories]` stay the file's. */
export type Choice = Pick<
  ConsentRecord,
  'allow_peers' | 'allow_supervisors' | 'deny_peers' | 'allow_only' | 'deny_only' | 'anomalies' | 'off'
>

/** More than a team has members; a list is read for every question. */
export const CHOICE_ENTRIES_MAX = 256

const EVERYBODY = '*'

/** What holds for a person who decided nothing yet; without `anomalies`, so that a first decision about something else leaves that to the file. */
export function choiceOfFile(sharing: Config['sharing']): Choice {
  return {
    allow_peers: sharing.allow.peers,
    allow_supervisors: sharing.allow.supervisors,
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    off: false,
  }
}

/** A person's decision replaces the file's lists; `max_level` and the categories are the file's at all times. */
export function consentFrom(sharing: Config['sharing'], choice: Choice): Consent {
  return {
    allow_peers: choice.allow_peers,
    allow_supervisors: choice.allow_supervisors,
    deny_peers: choice.deny_peers,
    allow_only: choice.allow_only,
    deny_only: choice.deny_only,
    off: choice.off,
    max_level: sharing.max_level,
    categories: sharing.categories,
    anomalies: choice.anomalies ?? sharing.anomalies,
  }
}

/**
 * `entry` (a node id, `team:x`, `role:x` or `*`) may have level 1, and is not stopped any more. While sharing is
 * off it also switches it on, for this entry alone: what was allowed before does not come back unasked.
 *
 * With `categories`, it may have those; what it may have already stays, and other categories of an entry that was stopped
 * stay stopped, because `*` or a team may let the same node have them. KaroError `conflict` when a list is full.
 */
export function allowing(choice: Choice, entry: string, categories?: readonly SharingCategory[]): Choice {
  const from: Choice = choice.off
    ? { ...choice, allow_peers: [], allow_supervisors: [], allow_only: [], off: false }
    : choice
  if (categories === undefined) {
    return {
      ...from,
      allow_peers: withEntry(from.allow_peers, entry),
      deny_peers: without(from.deny_peers, entry),
      allow_only: withoutPart(from.allow_only, entry),
      deny_only: withoutPart(from.deny_only, entry),
    }
  }
  const rest = SHARING_CATEGORIES.filter((one) => !categories.includes(one))
  const stopped = from.deny_peers.includes(entry)
  const denied = stopped ? withPart(from.deny_only, entry, rest) : from.deny_only
  return {
    ...from,
    deny_peers: without(from.deny_peers, entry),
    allow_only: from.allow_peers.includes(entry)
      ? from.allow_only
      : withPart(from.allow_only, entry, categories),
    deny_only: lessPart(denied, entry, categories),
  }
}

/**
 * Nothing of this person's for `entry` any more, at no level. It is remembered as stopped, because `*` or a team
 * may let the same node have it, and a deny beats every allow. Stopping `*` empties the lists instead, so that
 * a later `allow` of one node means that node.
 *
 * With `categories`, nothing of those. For `*` that would beat every later `allow` of one node: KaroError `bad_request`.
 * KaroError `conflict` when a list is full.
 */
export function stopping(choice: Choice, entry: string, categories?: readonly SharingCategory[]): Choice {
  if (categories !== undefined) {
    if (entry === EVERYBODY) {
      throw new KaroError('bad_request', 'a category is stopped for somebody, not for everybody', {
        hint: 'Stop it for each node, team or role that is allowed (karo share show), or set it to false in [sharing.categories].',
      })
    }
    return {
      ...choice,
      allow_only: lessPart(choice.allow_only, entry, categories),
      deny_only: withPart(choice.deny_only, entry, categories),
    }
  }
  if (entry === EVERYBODY) return { ...choice, allow_peers: [], allow_supervisors: [], allow_only: [] }
  return {
    ...choice,
    allow_peers: without(choice.allow_peers, entry),
    allow_supervisors: without(choice.allow_supervisors, entry),
    deny_peers: withEntry(choice.deny_peers, entry),
    allow_only: withoutPart(choice.allow_only, entry),
    deny_only: withoutPart(choice.deny_only, entry),
  }
}

const without = (entries: readonly string[], entry: string): readonly string[] =>
  entries.filter((one) => one !== entry)

function withEntry(entries: readonly string[], entry: string): readonly string[] {
  if (entries.includes(entry)) return entries
  refuseFull(entries)
  return [...entries, entry]
}

const withoutPart = (parts: readonly PartOf[], entry: string): readonly PartOf[] =>
  parts.filter(({ who }) => who !== entry)

/** Categories in their usual order, so that the same choice is the same value. */
function withPart(
  parts: readonly PartOf[],
  entry: string,
  categories: readonly SharingCategory[],
): readonly PartOf[] {
  const before = parts.find(({ who }) => who === entry)?.categories ?? []
  const both = SHARING_CATEGORIES.filter((one) => before.includes(one) || categories.includes(one))
  if (both.length === 0) return parts
  if (before.length > 0) {
    return parts.map((part) => (part.who === entry ? { who: entry, categories: both } : part))
  }
  refuseFull(parts)
  return [...parts, { who: entry, categories: both }]
}

function lessPart(
  parts: readonly PartOf[],
  entry: string,
  categories: readonly SharingCategory[],
): readonly PartOf[] {
  return parts.flatMap((part) => {
    if (part.who !== entry) return [part]
    const left = part.categories.filter((one) => !categories.includes(one))
    return left.length === 0 ? [] : [{ who: entry, categories: left }]
  })
}

function refuseFull(entries: readonly unknown[]): void {
  if (entries.length < CHOICE_ENTRIES_MAX) return
  throw new KaroError('conflict', `a sharing list has at most ${CHOICE_ENTRIES_MAX} entries`, {
    hint: 'Share with a team or a role instead of with each node.',
  })
}
