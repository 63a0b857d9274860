// What somebody who asks sees of releases: closed buckets of a range, batches added up, and why others have no totals.
import { type Bucket, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import type { ReleaseContent, ReleasedType } from '../../../protocols/messages/release.ts'
import { placesIn } from '../../base/bits.ts'
import type { Clock } from '../../base/clock.ts'
import { cellRows, hashOf, type Layout } from '../aggregates/index.ts'
import { bucketsUnder, type Plan } from './plan.ts'
import { type Found, foundOf, type Releases } from './releases.ts'
import type {
  ApartTotals,
  BatchTotals,
  BucketTotals,
  Contributions,
  PartTotals,
  TotalRow,
  TotalsReader,
  Unreleased,
} from './types.ts'

export interface ReaderDeps {
  readonly plan: () => Plan | undefined
  /** By type: the layout of this release of Karo, then earlier ones. */
  readonly layouts: ReadonlyMap<string, readonly Layout[]>
  readonly releases: Pick<Releases, 'held'>
  readonly clock: Pick<Clock, 'now'>
}

export function createReader({ plan, layouts, releases, clock }: ReaderDeps): TotalsReader {
  return {
    audiences: () => plan()?.audiences ?? [],
    async read(audience, type, range, stated) {
      const now = plan()
      if (now === undefined) return { audience, buckets: [], covers: undefined }
      const buckets = bucketsUnder(now, range, clock.now())
      const slots = new Set(buckets.map(slotOfBucket))
      const held = await releases.held(now, audience, slots)
      const of = new Map<string, Found[]>()
      for (const one of foundOf(held, type, stated)) {
        const slot = slotOfBucket(one.content)
        of.set(slot, [...(of.get(slot) ?? []), one])
      }
      const known = layouts.get(type) ?? []
      const totals = buckets.map((bucket) =>
        totalsOf(bucket, of.get(slotOfBucket(bucket)) ?? [], { type, known, now: clock.now() }),
      )
      const [first, last] = [buckets[0], buckets.at(-1)]
      return {
        audience,
        buckets: totals,
        covers: first === undefined || last === undefined ? undefined : { start: first.start, end: last.end },
      }
    },
  }
}

interface Asked {
  readonly type: string
  readonly known: readonly Layout[]
  readonly now: number
}

/** The layout that a release names; undefined: this release of Karo has none of that hash. */
const layoutOf = ({ layout }: ReleasedType, known: readonly Layout[]): Layout | undefined =>
  known.find((one) => Buffer.compare(hashOf(one), layout) === 0)

function totalsOf({ start, end }: Bucket, found: readonly Found[], asked: Asked): BucketTotals {
  const contents = found
    .filter(({ kind }) => kind === 'released')
    .map(({ content }) => content)
    .sort((a, b) => a.batch - b.batch)
  const ofType = contents.flatMap(({ types }) => types.filter(({ type }) => type === asked.type))
  const why = whyNot(found, ofType, asked, end)
  const shown = why === undefined ? ofType.filter(({ n }) => n > 0) : []
  const implausible = shown.length > 0 && ofType.some(({ reason }) => reason === 'implausible')
  return {
    start,
    end,
    why,
    batches: shown.map((one) => batchOf(one, asked.known, implausible)),
    withheld: Math.max(0, ...shown.map((one) => withheldIn(one, asked.known).alone)),
    withheldWithin: Math.max(0, ...shown.map((one) => withheldIn(one, asked.known).within)),
    k: Math.max(0, ...shown.map(({ threshold }) => threshold)),
    implausible,
    ...(shown.length === 0 ? {} : { apart: apartOf(contents, shown, asked.known) }),
    contributions: contents.length === 0 ? undefined : contributionsOf(contents, asked.type),
  }
}

function whyNot(
  found: readonly Found[],
  ofType: readonly ReleasedType[],
  { known, now }: Asked,
  end: number,
): Unreleased | undefined {
  if (found.some(({ kind }) => kind === 'unequal')) return 'disagree'
  if (ofType.some(({ n }) => n > 0)) {
    return ofType.every((one) => one.n === 0 || layoutOf(one, known)) ? undefined : 'layout'
  }
  if (ofType.some(({ reason }) => reason === 'implausible')) return 'implausible'
  if (ofType.length > 0) return 'few'
  if (found.some(({ kind }) => kind === 'half')) return 'half'
  if (found.length > 0) return 'few'
  return now < end + SHARE_KEPT_MS ? 'pending' : 'none'
}

/** Rows that stand by themselves, and those within others that are shown: where one is not, that says it of them, too. */
function withheldIn(one: ReleasedType, known: readonly Layout[]): { alone: number; within: number } {
  const rows = layoutOf(one, known)?.rows
  const hidden = new Set(one.withheld.map((row) => rows?.[row]?.name))
  const outer = one.withheld.map((row) => rows?.[row]?.within)
  return {
    alone: outer.filter((row) => row === undefined).length,
    within: outer.filter((row) => row !== undefined && !hidden.has(row)).length,
  }
}

/** How many values of each row are read, by the row's name: those that it has in this release of Karo. */
const widthsOf = ([own]: readonly Layout[]): ReadonlyMap<string, number> =>
  new Map(own?.rows.map(({ name, values }) => [name, values.length]))

function batchOf(one: ReleasedType, known: readonly Layout[], implausible: boolean): BatchTotals {
  const { n, rows, withheld } = one
  const widths = widthsOf(known)
  const opened = new Map(rows.map((row) => [row.row, row]))
  const hidden = new Set(withheld)
  const named = new Map<string, TotalRow>()
  const partly = new Set<string>()
  for (const [at, { name, values }] of (layoutOf(one, known)?.rows ?? []).entries()) {
    const width = widths.get(name)
    if (hidden.has(at) || width === undefined) continue
    const row = opened.get(at)
    named.set(name, { nodes: row?.nodes ?? 0, values: (row?.values ?? values.map(() => 0)).slice(0, width) })
    if (implausible || (row !== undefined && row.of < n)) partly.add(name)
  }
  return { contributors: n, rows: named, partly }
}

const apartOf = (
  contents: readonly ReleaseContent[],
  shown: readonly ReleasedType[],
  known: readonly Layout[],
): ApartTotals => ({
  parts: partsOf(shown, known),
  teams: new Map(contents.at(-1)?.teams.map(({ team, machines }) => [team, machines])),
  undivided: contents.reduce((sum, { undivided }) => sum + undivided, 0),
})

/** The parts of batches; a split whose lengths are not those of its layout is left out. */
function partsOf(shown: readonly ReleasedType[], known: readonly Layout[]): readonly PartTotals[] {
  const widths = widthsOf(known)
  return shown
    .flatMap((one) => one.splits.map((split) => ({ ...split, layout: layoutOf(one, known) })))
    .flatMap(({ told, hidden, cells, layout }, split) => {
      if (layout === undefined) return []
      const [open, not] = [placesIn(told), new Set(placesIn(hidden))]
      return cells.flatMap((cell) => {
        const rows = cellRows(layout, open, cell)
        if (rows === undefined) return []
        const named = new Map<string, TotalRow>()
        for (const [at, { name, values }] of layout.rows.entries()) {
          const width = widths.get(name)
          if (not.has(at) || width === undefined) continue
          const row = rows.get(at) ?? { nodes: 0, values: values.map(() => 0) }
          named.set(name, { ...row, values: row.values.slice(0, width) })
        }
        const { teams, n, threshold } = cell
        return { teams, split, contributors: n, k: threshold, rows: named, partly: new Set<string>() }
      })
    })
}

/** Each machine that was expected is in one count; who is no machine of the mesh, or no longer, was not expected. */
function contributionsOf(contents: readonly ReleaseContent[], type: string): Contributions {
  const newest = contents.at(-1) as ReleaseContent
  const sum = { contributed: 0, declined: 0, late: 0, refused: 0 }
  for (const content of contents) {
    const of = content.types.find((one) => one.type === type)
    if (of === undefined) continue
    const { n, declined, waiting, outside } = of
    sum.contributed += n
    sum.declined += declined
    sum.refused += outside
    // What is in no count is a group whose sums cannot be, or waits, as a later batch says again.
    const rest = Math.max(0, content.common - n - declined - waiting - outside)
    if (of.reason === 'implausible') sum.refused += rest
    else if (content === newest) sum.late += rest
    if (content === newest) sum.late += waiting
  }
  for (const { reason, count } of newest.refused)
    if (reason !== 'uncertified' && reason !== 'revoked') sum.refused += count
  return { ...sum, absent: Math.max(0, newest.expected - Object.values(sum).reduce((all, n) => all + n, 0)) }
}
