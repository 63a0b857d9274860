// What is released of a bucket: the same from both aggregators, because it follows from their tallies and the shares alone.
import { encodeValue } from '../../../protocols/messagepack.ts'
import { LISTED_BYTES, RELEASE_PLAIN_BYTES, SCHEME } from '../../../protocols/messages/aggregate.ts'
import type { ReleaseContent, ReleasedSplit, ReleasedType } from '../../../protocols/messages/release.ts'
import type { ShareHeader } from '../../../protocols/messages/share.ts'
import type { Agreement, Listing } from '../../../protocols/messages/tally.ts'
import { placesIn } from '../../base/bits.ts'
import { blake3 } from '../../base/hash.ts'
import { hashOf } from './layout.ts'
import { hashOfPart, saidBy } from './listing.ts'
import type { TalliedGroup } from './opened.ts'
import { packedTotals } from './parts/apart.ts'
import type { GroupTotals } from './totals.ts'
import type { HeldShare, TallyView } from './types.ts'

interface Tallied {
  readonly listing: Listing
  readonly agreement: Agreement
  /** Listed shares by their place. */
  readonly held: ReadonlyMap<number, HeldShare>
  readonly groups: readonly TalliedGroup[]
}

/** Names the set of machines of a bucket, in its releases and in what each machine is told of its share. */
export const setHashOf = (listing: Listing, agreement: Agreement): Uint8Array =>
  blake3([hashOfPart(listing), hashOfPart(agreement)])

/** One content for each audience of the list. */
export function contentsOf(view: TallyView, tallied: Tallied): readonly ReleaseContent[] {
  const { listing, agreement, groups } = tallied
  const common = placesIn(agreement.common)
  const unproved = placesIn(agreement.unproved).length
  const set = setHashOf(listing, agreement)
  const grouped = new Map<number, TalliedGroup>()
  for (const [at, { members }] of agreement.groups.entries()) {
    for (const place of placesIn(members)) grouped.set(place, groups[at] as TalliedGroup)
  }
  const { length, start, end } = view.bucket
  const isUndivided = (at: number): boolean => groups[at]?.isUndivided === true
  const undivided = agreement.groups.flatMap(({ members }, at) => (isUndivided(at) ? placesIn(members) : []))
  const left_out = agreement.groups.reduce(
    (sum, group, at) => sum + (isUndivided(at) ? 0 : group.left_out),
    0,
  )
  const alike = alikeIn(tallied, common, grouped)
  const types = typesOf(alike)
  const contents = listing.audiences.map(
    (audience): ReleaseContent => ({
      scheme: SCHEME,
      mesh: view.mesh,
      length,
      start,
      end,
      audience,
      pair: [...view.pair],
      bundle: listing.bundle,
      set,
      expected: listing.expected,
      listed: listing.shares.length / LISTED_BYTES - unproved,
      common: common.length,
      unlisted: agreement.unlisted,
      refused: [
        ...listing.refused,
        ...(unproved === 0 ? [] : [{ reason: 'invalid_proof' as const, count: unproved }]),
      ],
      teams: listing.teams,
      undivided: undivided.length,
      left_out,
      types: types.flatMap((type) => typeOf(type, audience, groups, alike) ?? []),
    }),
  )
  return contents.map(fitting)
}

/** Of one split in a release, besides its bytes: names of fields. */
const CELL_OVERHEAD = 64

/** A content that a release has room for: without the smallest parts, where it would be too long. */
function fitting(content: ReleaseContent): ReleaseContent {
  const bare = { ...content, types: content.types.map((type) => ({ ...type, splits: [] })) }
  let left = RELEASE_PLAIN_BYTES - encodeValue(bare).length
  const sizeOf = ({ teams, nodes, values }: ReleasedSplit['cells'][number]): number =>
    nodes.length + values.length + Buffer.byteLength(teams.join()) + CELL_OVERHEAD
  const all = content.types.flatMap(({ splits }) => splits)
  for (const { told } of all) left -= told.length + CELL_OVERHEAD
  const kept = new Set<object>()
  for (const cell of all.flatMap(({ cells }) => cells).sort((a, b) => b.n - a.n)) {
    left -= sizeOf(cell)
    if (left >= 0) kept.add(cell)
  }
  const cut = ({ splits }: ReleasedType) =>
    splits.map((split) => ({ ...split, cells: split.cells.filter((cell) => kept.has(cell)) }))
  const isWhole = all.every(({ cells }) => cells.every((cell) => kept.has(cell)))
  if (isWhole) return content
  const lost = Math.max(
    ...content.types.map(
      ({ splits }) => splits.flatMap(({ cells }) => cells).filter((cell) => !kept.has(cell)).length,
    ),
  )
  return {
    ...content,
    left_out: content.left_out + lost,
    types: content.types.map((type) => ({ ...type, splits: cut(type) })),
  }
}

/** Shares in common that say the same and are in the same group, or in none. */
interface Alike {
  readonly header: ShareHeader
  readonly group: TalliedGroup | undefined
  count: number
}

/** In the order of their first places. */
function alikeIn(
  { held }: Tallied,
  common: readonly number[],
  grouped: ReadonlyMap<number, TalliedGroup>,
): readonly Alike[] {
  const found = new Map<TalliedGroup | undefined, Map<string, Alike>>()
  const all: Alike[] = []
  for (const at of common) {
    const share = held.get(at)
    if (share === undefined) continue
    const group = grouped.get(at)
    const inGroup = found.get(group) ?? new Map<string, Alike>()
    found.set(group, inGroup)
    const said = saidBy(share)
    const alike = inGroup.get(said) ?? { header: share.header, group, count: 0 }
    if (alike.count++ === 0) all.push(alike)
    inGroup.set(said, alike)
  }
  return all
}

/** All types that a share in common gives or declines, sorted. */
const typesOf = (alike: readonly Alike[]): readonly string[] =>
  [
    ...new Set(
      alike.flatMap(({ header }) => [...header.sections, ...header.declined].map(({ type }) => type)),
    ),
  ].sort()

/** One type for one audience; undefined: nobody gives it to this audience, or says that it does not. */
function typeOf(
  type: string,
  audience: string,
  groups: readonly TalliedGroup[],
  alike: readonly Alike[],
): ReleasedType | undefined {
  const isFor = (one: { readonly type: string; readonly audiences: readonly string[] }) =>
    one.type === type && one.audiences.includes(audience)
  let [declined, waiting, outside] = [0, 0, 0]
  let given: Uint8Array | undefined
  for (const { header, group, count } of alike) {
    const section = header.sections.find(isFor)
    given ??= section?.layout
    if (section !== undefined && group === undefined) waiting += count
    if (section !== undefined && group?.keys.some(isFor) === false) outside += count
    if (header.declined.some(isFor)) declined += count
  }
  const totals = groups
    .filter(({ keys }) => keys.some(isFor))
    .map(({ keys, totals: of }) => of[keys.findIndex(isFor)] as GroupTotals)
  if (totals.length + waiting + outside + declined === 0) return undefined
  const splits = groups
    .filter(({ keys }) => keys.some(isFor))
    .flatMap((group) => splitIn(group, group.totals[group.keys.findIndex(isFor)] as GroupTotals))
  const shown = totals.filter(({ opened }) => opened !== undefined)
  const off = totals.flatMap((one) => (one.opened === undefined ? [] : (one.off ?? [])))
  const reason = shown.length < totals.length ? 'implausible' : shown.length === 0 ? 'too_few' : undefined
  return {
    type,
    // What was added up tells its layout: a share that is in no group may have another one. Where nothing was added up, the layout of the
    // first share is named, as earlier builds do: both aggregators have to release the same bytes.
    layout: totals[0] === undefined ? (given ?? new Uint8Array(32)) : hashOf(totals[0].layout),
    n: shown.reduce((sum, { n }) => sum + n, 0),
    threshold: Math.max(0, ...shown.map(({ threshold }) => threshold)),
    rows: rowsOf(shown),
    declined,
    waiting,
    outside,
    splits,
    off:
      off.length === 0
        ? undefined
        : {
            nodes: Math.ceil(Math.hypot(...off.map(({ nodes }) => nodes))),
            values: Math.ceil(Math.hypot(...off.map(({ values }) => values))),
          },
    reason,
  }
}

/** A group of a type part by part; none: it is not told apart. */
function splitIn({ cells }: TalliedGroup, { apart, opened }: GroupTotals): readonly ReleasedSplit[] {
  if (apart === undefined || opened === undefined) return []
  const packed = packedTotals(apart)
  return [
    {
      told: packed.told,
      cells: cells.map(({ teams, n, threshold }, at) => ({
        teams: [...teams],
        n,
        threshold,
        ...(packed.cells[at] as (typeof packed.cells)[number]),
      })),
    },
  ]
}

/**
 * Rows of several groups, added up over those that show them. Nothing is said of the other rows, not even whether a
 * group has any of them, because the name of a row that few machines have may tell who these machines are.
 */
function rowsOf(groups: readonly GroupTotals[]): ReleasedType['rows'] {
  const rows: ReleasedType['rows'][number][] = []
  const count = groups[0]?.layout.rows.length ?? 0
  for (let row = 0; row < count; row++) {
    let [of, nodes] = [0, 0]
    let values: readonly number[] | undefined
    for (const { n, opened } of groups) {
      const more = opened?.values.get(row)
      if (opened === undefined || more === undefined) continue
      of += n
      nodes += opened.opening.nodes[row] as number
      values = values?.map((value, at) => value + (more[at] as number)) ?? more
    }
    if (values !== undefined) rows.push({ row, of, nodes, values: [...values] })
  }
  return rows
}
