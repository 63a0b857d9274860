// The agreement of a batch: which machines of the leader's list form which groups, as the other aggregator says and the leader checks.
import {
  type Agreement,
  type Listing,
  SHARE_CELLS_MAX,
  type TallyRefusal,
} from '../../../protocols/messages/aggregate.ts'
import { cellsOf } from './layout.ts'
import { type Acceptable, bitsOf, candidateOf, hashOfPart, kOf, placesIn } from './listing.ts'
import { groupsOf, insiders, keyOf, thresholdOf, typeAndAudience } from './sets.ts'
import { areIndicators, sumsOf, toldIndicators } from './totals.ts'
import type { Candidate, Group, HeldShare, Layout, TallyView } from './types.ts'

/** What went wrong, for the people of both aggregators. */
export interface Flaw {
  readonly reason: TallyRefusal
  readonly detail: string
}

type Keys = Agreement['groups'][number]['keys']

/** `ToolUsage security`, … as types with their audiences. */
function byType(keys: readonly string[]): Keys {
  const types = Map.groupBy(keys.map(typeAndAudience), ({ type }) => type)
  return [...types].map(([type, of]) => ({ type, audiences: of.map(({ audience }) => audience) }))
}

const flat = (keys: Keys): readonly string[] =>
  keys.flatMap(({ type, audiences }) => audiences.map((audience) => keyOf(type, audience)))

/** The layouts of a group's types, in the order of its keys; undefined where this aggregator does not have one. */
export function layoutsOf(view: TallyView, keys: Keys): readonly Layout[] | undefined {
  const layouts = keys.flatMap(({ type }) => view.layouts.get(type) ?? [])
  return layouts.length === keys.length ? layouts : undefined
}

/** What the other aggregator says to a list: `common` are the listed shares that it holds, by their place. */
export function agreementOf(
  view: TallyView,
  listing: Listing,
  common: ReadonlyMap<number, Acceptable>,
  { listed, unlisted }: { readonly listed: number; readonly unlisted: number },
): Agreement {
  const candidates = [...common].map(([at, one]) => candidateOf(view, one, at))
  const groups = thatFit(view, groupsOf(candidates, kOf(view, listing.k)))
  return {
    ...{ listing: hashOfPart(listing), unlisted, common: bitsOf(common.keys(), listed) },
    groups: groups.map(({ members, keys, threshold }) => {
      const of = byType(keys)
      const layouts = layoutsOf(view, of) as readonly Layout[]
      const shares = members.map((at) => (common.get(at) as Acceptable).share)
      const indicators = toldIndicators(layouts, sumsOf(layouts, shares))
      return { members: bitsOf(members, listed), keys: of, threshold, indicators }
    }),
  }
}

/** The groups whose sums one tally has room for; the others wait for another batch. */
function thatFit(view: TallyView, groups: readonly Group[]): readonly Group[] {
  let cells = 0
  return groups.filter(({ keys }) => {
    const layouts = layoutsOf(view, byType(keys)) ?? []
    const more = layouts.reduce((sum, layout) => sum + cellsOf(layout), 0)
    if (cells + more > SHARE_CELLS_MAX) return false
    cells += more
    return true
  })
}

/** A group as the leader has checked it. */
export interface CheckedGroup {
  readonly shares: readonly HeldShare[]
  readonly layouts: readonly Layout[]
  readonly n: number
  /** By the leader's own count. */
  readonly threshold: number
}

const flaw = (reason: TallyRefusal, detail: string): { readonly flaw: Flaw } => ({ flaw: { reason, detail } })

/**
 * The groups of an agreement as the leader sees them, or what is wrong: `few_in_common`, `not_in_list`, `twice`,
 * `wrong_keys`, `too_small`, `wrong_length`. `own` are the listed shares by their place. What the other may know better,
 * roles and certificates, is not compared: each side's threshold has to be met.
 */
export function checkedGroups(
  view: TallyView,
  listing: Listing,
  agreement: Agreement,
  own: readonly Acceptable[],
): { readonly groups: readonly CheckedGroup[] } | { readonly flaw: Flaw } {
  const common = placesIn(agreement.common)
  if (common.some((at) => at >= own.length))
    return flaw('not_in_list', 'shares in common that were not listed')
  if (common.length * 3 < own.length * 2) {
    return flaw('few_in_common', `${common.length} of ${own.length} listed shares are held by both`)
  }
  const [shared, seen] = [new Set(common), new Set<number>()]
  const groups: CheckedGroup[] = []
  for (const group of agreement.groups) {
    const places = placesIn(group.members)
    if (places.some((at) => !shared.has(at)))
      return flaw('not_in_list', 'a group with others than those in common')
    if (places.some((at) => seen.has(at))) return flaw('twice', 'a machine in two groups')
    for (const at of places) seen.add(at)
    const members = places.map((at) => candidateOf(view, own[at] as Acceptable, at))
    const keys = flat(group.keys)
    const layouts = layoutsOf(view, group.keys)
    if (layouts === undefined || !areKeysOf(keys, group.keys, members)) {
      return flaw('wrong_keys', 'a group for what its machines do not share')
    }
    const threshold = thresholdOf(members, keys, kOf(view, listing.k))
    if (!isLargeEnough(members, keys, Math.max(threshold, group.threshold))) {
      return flaw('too_small', `a group of ${members.length} machines, at least ${threshold}`)
    }
    if (!areIndicators(layouts, group.indicators)) return flaw('wrong_length', 'indicators of another layout')
    const shares = places.map((at) => (own[at] as Acceptable).share)
    groups.push({ shares, layouts, n: members.length, threshold })
  }
  return { groups }
}

/** Each machine shares each key, no type stands there twice, and there is at least one key. */
function areKeysOf(keys: readonly string[], types: Keys, members: readonly Candidate[]): boolean {
  const isOnce =
    new Set(types.map(({ type }) => type)).size === types.length && new Set(keys).size === keys.length
  const hasAudiences = types.every(({ audiences }) => audiences.length > 0)
  return (
    keys.length > 0 &&
    isOnce &&
    hasAudiences &&
    members.every(({ keys: shared }) => keys.every((key) => shared.includes(key)))
  )
}

function isLargeEnough(members: readonly Candidate[], keys: readonly string[], threshold: number): boolean {
  const hidden = insiders(members, keys)
  return members.length >= threshold && members.every(({ kMin }) => kMin + hidden <= members.length)
}
