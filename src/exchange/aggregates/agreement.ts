// The agreement of a bucket: which machines of the leader's list form which groups, as the other aggregator says and the leader checks.
import { SHARE_CELLS_MAX } from '../../../protocols/messages/aggregate.ts'
import type { Agreement, Listing, TallyRefusal } from '../../../protocols/messages/tally.ts'
import { bitsOf, placesIn } from '../../base/bits.ts'
import { cellsOf } from './layout.ts'
import { candidateOf, halfOf, hashOfPart, isProvedIn, kOf } from './listing.ts'
import { areCellIndicators, roomsFor, toldCellIndicators } from './parts/apart.ts'
import { type Cell, cellsOfGroup } from './parts/parts.ts'
import { groupsOf, isLargeEnough, keyOf, thresholdOf, typeAndAudience } from './sets.ts'
import { areIndicators, sumsOfCells, toldIndicators } from './totals.ts'
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

/**
 * What the other aggregator says to a list: `common` are the listed shares that it holds, by their place, and `unproved` the
 * places of those whose proofs fail.
 */
export function agreementOf(
  view: TallyView,
  listing: Listing,
  common: ReadonlyMap<number, HeldShare>,
  {
    listed,
    unlisted,
    unproved,
  }: { readonly listed: number; readonly unlisted: number; readonly unproved: readonly number[] },
): Agreement {
  const candidates = [...common].map(([at, one]) => candidateOf(view, one, at))
  const half = halfOf(Math.max(listing.expected, view.expected.size), common.values())
  const groups = thatFit(view, groupsOf(candidates, kOf(view, listing.k), half))
  const byPlace = new Map(candidates.map((one) => [one.at, one]))
  const rooms = roomsFor(
    groups.map(({ keys }) => layoutsOf(view, byType(keys)) ?? []),
    listed,
  )
  return {
    listing: hashOfPart(listing),
    unlisted,
    common: bitsOf(common.keys(), listed),
    unproved: bitsOf(unproved, listed),
    groups: groups.map(({ members, keys, threshold }, at) => {
      const of = byType(keys)
      const layouts = layoutsOf(view, of) as readonly Layout[]
      const candidatesOf = members.map((place) => byPlace.get(place) as Candidate)
      const { cells, leftOut } = cellsOfGroup(candidatesOf, keys, kOf(view, listing.k), rooms[at])
      const shareAt = (place: number): HeldShare => common.get(place)!
      const told = sumsOfCells(layouts, members, cells, shareAt)
      return {
        members: bitsOf(members, listed),
        keys: of,
        threshold,
        indicators: toldIndicators(layouts, told.whole),
        cells: cells.map((cell, one) => ({
          teams: [...cell.teams],
          members: bitsOf(cell.members, listed),
          threshold: cell.threshold,
          indicators:
            one === cells.length - 1 ? new Uint8Array(0) : toldCellIndicators(layouts, told.cells[one]!),
        })),
        left_out: leftOut,
      }
    }),
  }
}

/** The groups whose sums one tally has room for; the others are in none. */
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
  readonly places: readonly number[]
  /**
   * The cells that the other aggregator said, where this one finds the same; none where the two know different teams of
   * these machines.
   */
  readonly cells: readonly Cell[]
  readonly layouts: readonly Layout[]
  readonly n: number
  /** By the leader's own count. */
  readonly threshold: number
}

const flaw = (reason: TallyRefusal, detail: string): { readonly flaw: Flaw } => ({ flaw: { reason, detail } })

/**
 * The groups of an agreement as the leader sees them, or what is wrong: `few_in_common`, `not_in_list`, `wrong_proof`, `twice`,
 * `wrong_keys`, `too_small`, `wrong_length`. `own` are the listed shares by their place. What the other may know better,
 * roles and certificates, is not compared: each side's threshold has to be met.
 */
export function checkedGroups(
  view: TallyView,
  listing: Listing,
  agreement: Agreement,
  own: readonly HeldShare[],
): { readonly groups: readonly CheckedGroup[] } | { readonly flaw: Flaw } {
  const [common, unproved] = [placesIn(agreement.common), placesIn(agreement.unproved)]
  const both = [...common, ...unproved]
  if (both.some((place) => place >= own.length))
    return flaw('not_in_list', 'shares in common that were not listed')
  if (both.length * 3 < own.length * 2) {
    return flaw('few_in_common', `${both.length} of ${own.length} listed shares are held by both`)
  }
  const isProved = (place: number) => isProvedIn(view, own[place]!)
  if (
    !common.every((place) => isProved(place) === true) ||
    unproved.some((place) => isProved(place) !== false)
  )
    return flaw('wrong_proof', 'shares whose proofs hold are dropped, or others counted')
  const [shared, seen] = [new Set(common), new Set<number>()]
  const half = halfOf(
    listing.expected,
    common.map((place) => own[place]!),
  )
  const groups: CheckedGroup[] = []
  const rooms = roomsFor(
    agreement.groups.map(({ keys }) => layoutsOf(view, keys) ?? []),
    own.length,
  )
  for (const [at, group] of agreement.groups.entries()) {
    const places = placesIn(group.members)
    if (places.some((place) => !shared.has(place)))
      return flaw('not_in_list', 'a group with others than those in common')
    if (places.some((place) => seen.has(place))) return flaw('twice', 'a machine in two groups')
    for (const place of places) seen.add(place)
    const members = places.map((place) => candidateOf(view, own[place]!, place))
    const keys = flat(group.keys)
    const layouts = layoutsOf(view, group.keys)
    if (layouts === undefined || !areKeysOf(keys, group.keys, members)) {
      return flaw('wrong_keys', 'a group for what its machines do not share')
    }
    const threshold = thresholdOf(members, keys, kOf(view, listing.k))
    if (!isLargeEnough(members, keys, Math.max(threshold, group.threshold, half))) {
      return flaw('too_small', `a group of ${members.length} machines, at least ${Math.max(threshold, half)}`)
    }
    if (!areIndicators(layouts, group.indicators)) return flaw('wrong_length', 'indicators of another layout')
    if (!areCellIndicators(layouts, group.cells))
      return flaw('wrong_length', 'indicators of parts of another layout')
    const { cells } = cellsOfGroup(members, keys, kOf(view, listing.k), rooms[at])
    const isSame = areSameCells(cells, group.cells)
    groups.push({ places, cells: isSame ? cells : [], layouts, n: members.length, threshold })
  }
  return { groups }
}

/** Whether the parts that were said are those that follow from the certificates here: the same machines under the same teams. */
const areSameCells = (cells: readonly Cell[], said: Agreement['groups'][number]['cells']): boolean =>
  cells.length === said.length &&
  cells.every(({ teams, members }, at) => {
    const other = said[at] as (typeof said)[number]
    const places = placesIn(other.members)
    return (
      teams.join('\n') === other.teams.join('\n') &&
      places.length === members.length &&
      members.every((place, one) => place === places[one])
    )
  })

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
