// What somebody who asks sees of releases: closed buckets of a range, and why others have no totals.
import { type Bucket, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import type { ReleaseContent, ReleasedType } from '../../../protocols/messages/release.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { placesIn } from '../../base/bits.ts'
import { cellRows, hashOf, type Layout, pairOf } from '../aggregates/index.ts'
import type { TotalsParts } from './parts.ts'
import { bucketsUnder, firstBucket, type Plan } from './plan.ts'
import { type Found, foundOf } from './releases.ts'
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

export function createReader({ plan, problem, layouts, releases, roster, clock }: TotalsParts): TotalsReader {
  const isRevoked = (pair: readonly Uint8Array[] = []) =>
    pair.some((key) => roster().isRevoked(formatNodeId(key)))
  /** The first bucket of the mesh, as long as both who are drawn to add it up may. */
  function firstOf(now: Plan): Bucket | undefined {
    const first = firstBucket(now)
    return first && isRevoked(pairOf(now.mesh, first, now.aggregators)) ? undefined : first
  }

  return {
    audiences: () => plan()?.audiences ?? [],
    problem,
    async read(audience, type, range, stated) {
      const now = plan()
      if (now === undefined) return { audience, buckets: [] }
      const buckets = bucketsUnder(now, range, clock.now())
      const slots = new Set(buckets.map(slotOfBucket))
      const held = await releases.held(now, audience, slots)
      // Who shows what a revoked one signed may not know of the revocation, and what else they show counts.
      const counted = stated?.filter(({ content }) => !isRevoked(content.pair))
      const of = Map.groupBy(foundOf(held, type, counted), ({ content }) => slotOfBucket(content))
      const known = layouts.get(type)
      const totals = buckets.map((bucket) =>
        totalsOf(bucket, of.get(slotOfBucket(bucket)) ?? [], { type, known, now: clock.now() }),
      )
      return { audience, buckets: totals, first: firstOf(now) }
    },
  }
}

interface Asked {
  readonly type: string
  readonly known: Layout | undefined
  readonly now: number
}

/** Rows of another layout may mean something else, so a release that names another one has no numbers here. */
const isOfLayout = ({ layout }: ReleasedType, known: Layout | undefined): boolean =>
  known !== undefined && Buffer.compare(hashOf(known), layout) === 0

function totalsOf({ start, end }: Bucket, found: readonly Found[], asked: Asked): BucketTotals {
  const content = releasedFirst(found)
  const ofType = content?.types.find(({ type }) => type === asked.type)
  const why = whyNot(found, ofType, asked, end)
  const shown = why === undefined ? ofType : undefined
  const implausible = shown?.reason === 'implausible'
  const lacks = found.find((one) => one.kind === 'half')?.lacks
  return {
    start,
    end,
    why,
    lacks: lacks && formatNodeId(lacks),
    batches: shown === undefined ? [] : [batchOf(shown, asked.known!, implausible)],
    k: shown?.threshold ?? 0,
    implausible,
    apart: content && shown && apartOf(content, shown, asked.known!),
    contributions: content === undefined ? undefined : contributionsOf(content, asked.type),
  }
}

/**
 * The release of a bucket that counts. Two pairs may have added up machines of one bucket, where another policy bundle named
 * others meanwhile: what the earlier bundle's pair released was there before, and nothing is added to it.
 */
const releasedFirst = (found: readonly Found[]): ReleaseContent | undefined =>
  found
    .filter(({ kind }) => kind === 'released')
    .map(({ content }) => content)
    .sort((a, b) => a.bundle - b.bundle)[0]

function whyNot(
  found: readonly Found[],
  ofType: ReleasedType | undefined,
  { known, now }: Asked,
  end: number,
): Unreleased | undefined {
  if (found.some(({ kind }) => kind === 'unequal')) return 'disagree'
  if (ofType !== undefined && ofType.n > 0) return isOfLayout(ofType, known) ? undefined : 'layout'
  if (ofType !== undefined) return ofType.reason === 'implausible' ? 'implausible' : 'few'
  if (found.some(({ kind }) => kind === 'half')) return 'half'
  if (found.length > 0) return 'few'
  return now < end + SHARE_KEPT_MS ? 'pending' : 'none'
}

/** `known`: the layout that the type names. */
function batchOf({ n, rows: opened, off }: ReleasedType, known: Layout, implausible: boolean): BatchTotals {
  const rows = new Map<string, TotalRow>()
  const partly = new Set<string>()
  for (const { row, of, nodes, values } of opened) {
    const name = known.rows[row]?.name
    if (name === undefined) continue
    rows.set(name, { nodes, values })
    if (implausible || of < n) partly.add(name)
  }
  return { contributors: n, off, rows, partly }
}

const apartOf = ({ teams, undivided }: ReleaseContent, shown: ReleasedType, known: Layout): ApartTotals => ({
  parts: partsOf(shown, known),
  teams: new Map(teams.map(({ team, machines }) => [team, machines])),
  undivided,
})

/** The parts of a release; a split whose lengths are not those of its layout is left out. */
function partsOf(shown: ReleasedType, layout: Layout): readonly PartTotals[] {
  return shown.splits.flatMap(({ told, cells }, split) => {
    const open = placesIn(told)
    return cells.flatMap((cell) => {
      const rows = cellRows(layout, open, cell)
      if (rows === undefined) return []
      const named = new Map([...rows].map(([row, total]) => [layout.rows[row]!.name, total]))
      const { teams, n, threshold } = cell
      const partly = new Set(shown.reason === 'implausible' ? named.keys() : [])
      const part = { teams, split, contributors: n, k: threshold, rows: named, partly }
      return shown.off === undefined ? part : { ...part, off: shown.off }
    })
  })
}

/** Each machine that was expected is in one count; who is no machine of the mesh, or no longer, was not expected. */
function contributionsOf(content: ReleaseContent, type: string): Contributions {
  const sum = {
    contributed: 0,
    declined: 0,
    late: content.listed - content.common + content.unlisted,
    refused: 0,
  }
  const of = content.types.find((one) => one.type === type)
  if (of !== undefined) {
    const { n, declined, waiting, outside } = of
    // What is in no count is in a group whose sums cannot be.
    const rest = Math.max(0, content.common - n - declined - waiting - outside)
    sum.contributed = n
    sum.declined = declined
    sum.refused = outside
    if (of.reason === 'implausible') sum.refused += rest
    else sum.late += rest
    sum.late += waiting
  }
  for (const { reason, count } of content.refused)
    if (reason !== 'uncertified' && reason !== 'revoked') sum.refused += count
  const known = Object.values(sum).reduce((all, n) => all + n, 0)
  return { ...sum, absent: Math.max(0, content.expected - known) }
}
