// What is released of a batch: the same from both aggregators, because it follows from their tallies and the shares alone.
import {
  type Agreement,
  LISTED_BYTES,
  type Listing,
  type ReleaseContent,
  type ReleasedType,
  SCHEME,
} from '../../../protocols/messages/aggregate.ts'
import { blake3 } from '../../base/hash.ts'
import { type Acceptable, hashOfPart, placesIn } from './listing.ts'
import type { GroupTotals } from './totals.ts'
import type { TallyView } from './types.ts'

/** A group with its totals by type, in the order of its keys. */
interface TalliedGroup {
  readonly keys: Agreement['groups'][number]['keys']
  readonly totals: readonly GroupTotals[]
}

interface Tallied {
  readonly listing: Listing
  readonly agreement: Agreement
  /** Listed shares by their place. */
  readonly held: ReadonlyMap<number, Acceptable>
  readonly groups: readonly TalliedGroup[]
}

/** One content for each audience of the list. */
export function contentsOf(view: TallyView, tallied: Tallied): readonly ReleaseContent[] {
  const { listing, agreement, groups } = tallied
  const common = placesIn(agreement.common)
  const set = blake3([hashOfPart(listing), hashOfPart(agreement)])
  const grouped = new Map<number, TalliedGroup>()
  for (const [at, { members }] of agreement.groups.entries()) {
    for (const place of placesIn(members)) grouped.set(place, groups[at] as TalliedGroup)
  }
  const { length, start, end } = view.bucket
  return listing.audiences.map((audience) => ({
    ...{ scheme: SCHEME, mesh: view.mesh, length, start, end, batch: view.batch, audience },
    ...{ pair: [...view.pair], bundle: listing.bundle, set, expected: listing.expected },
    ...{ listed: listing.shares.length / LISTED_BYTES, common: common.length, unlisted: agreement.unlisted },
    refused: listing.refused,
    types: typesOf(tallied, common).flatMap((type) => typeOf(type, audience, tallied, common, grouped) ?? []),
  }))
}

/** All types that a share in common gives or declines, sorted. */
function typesOf({ held }: Tallied, common: readonly number[]): readonly string[] {
  const types = new Set<string>()
  for (const at of common) {
    const header = held.get(at)?.share.header
    for (const { type } of [...(header?.sections ?? []), ...(header?.declined ?? [])]) types.add(type)
  }
  return [...types].sort()
}

/** One type for one audience; undefined: nobody gives it to this audience, or says that it does not. */
function typeOf(
  type: string,
  audience: string,
  { held, groups }: Tallied,
  common: readonly number[],
  grouped: ReadonlyMap<number, TalliedGroup>,
): ReleasedType | undefined {
  const isFor = (one: { readonly type: string; readonly audiences: readonly string[] }) =>
    one.type === type && one.audiences.includes(audience)
  let [declined, waiting, outside] = [0, 0, 0]
  let layout: Uint8Array | undefined
  for (const at of common) {
    const header = held.get(at)?.share.header
    const group = grouped.get(at)
    const section = header?.sections.find(isFor)
    layout ??= section?.layout
    if (section !== undefined && group === undefined) waiting++
    if (section !== undefined && group?.keys.some(isFor) === false) outside++
    // Machines that wait are counted when they are tallied, so that sums over batches count each once.
    const isCounted = group !== undefined || header?.sections.length === 0
    if (isCounted && header?.declined.some(isFor)) declined++
  }
  const totals = groups
    .filter(({ keys }) => keys.some(isFor))
    .map(({ keys, totals: of }) => of[keys.findIndex(isFor)] as GroupTotals)
  if (totals.length + waiting + outside + declined === 0) return undefined
  const shown = totals.filter(({ opened }) => opened !== undefined)
  const reason = shown.length < totals.length ? 'implausible' : shown.length === 0 ? 'too_few' : undefined
  return {
    ...{ type, layout: layout ?? new Uint8Array(32) },
    n: shown.reduce((sum, { n }) => sum + n, 0),
    threshold: Math.max(0, ...shown.map(({ threshold }) => threshold)),
    ...rowsOf(shown),
    ...{ declined, waiting, outside },
    ...(reason === undefined ? {} : { reason }),
  }
}

/** Rows of several groups, added up where they are open. */
function rowsOf(groups: readonly GroupTotals[]): Pick<ReleasedType, 'rows' | 'withheld'> {
  const rows: ReleasedType['rows'][number][] = []
  const withheld: number[] = []
  const count = groups[0]?.layout.rows.length ?? 0
  for (let row = 0; row < count; row++) {
    let [of, nodes, isHidden] = [0, 0, false]
    let values: readonly number[] = groups[0]?.layout.rows[row]?.values.map(() => 0) ?? []
    for (const { n, opened } of groups) {
      if (opened?.opening.isOpen[row] !== true) {
        isHidden = true
        continue
      }
      of += n
      nodes += opened.opening.nodes[row] as number
      const more = opened.values.get(row)
      if (more !== undefined) values = values.map((value, at) => value + (more[at] as number))
    }
    if (nodes > 0) rows.push({ row, of, nodes, values })
    else if (isHidden) withheld.push(row)
  }
  return { rows, withheld }
}
