// What somebody who asks sees of releases: closed buckets of a range, batches added up, and why others have no totals.
import { type Bucket, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import type { ReleaseContent, ReleasedType } from '../../../protocols/messages/aggregate.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { hashOf, type Layout } from '../aggregates/index.ts'
import { bucketsIn, type Plan } from './plan.ts'
import type { Found, Releases } from './releases.ts'
import type { BatchTotals, BucketTotals, Contributions, TotalRow, TotalsReader, Unreleased } from './types.ts'

export interface ReaderDeps {
  readonly plan: () => Plan | undefined
  readonly layouts: ReadonlyMap<string, Layout>
  readonly releases: Pick<Releases, 'read'>
  readonly clock: Pick<Clock, 'now'>
}

export function createReader({ plan, layouts, releases, clock }: ReaderDeps): TotalsReader {
  return {
    audiences: () => plan()?.audiences ?? [],
    async read(audience, type, range) {
      const now = plan()
      if (now === undefined) return { audience, aggregators: [], buckets: [], covers: undefined }
      const buckets = bucketsIn(now.length, range, clock.now())
      const keys = now.aggregators.map(({ key }) => key)
      const slots = new Set(buckets.map(slotOfBucket))
      const found = await releases.read(now, slots)
      const of = new Map<string, Found[]>()
      for (const one of found) {
        if (one.content.audience !== audience) continue
        const slot = slotOfBucket(one.content)
        of.set(slot, [...(of.get(slot) ?? []), one])
      }
      const layout = layouts.get(type)
      const totals = buckets.map((bucket) =>
        totalsOf(bucket, of.get(slotOfBucket(bucket)) ?? [], { type, layout, now: clock.now() }),
      )
      const [first, last] = [buckets[0], buckets.at(-1)]
      return {
        ...{ audience, aggregators: keys.map((key) => formatNodeId(key)), buckets: totals },
        covers: first === undefined || last === undefined ? undefined : { start: first.start, end: last.end },
      }
    },
  }
}

interface Asked {
  readonly type: string
  readonly layout: Layout | undefined
  readonly now: number
}

function totalsOf({ start, end }: Bucket, found: readonly Found[], asked: Asked): BucketTotals {
  const contents = found
    .filter(({ kind }) => kind === 'released')
    .map(({ content }) => content)
    .sort((a, b) => a.batch - b.batch)
  const ofType = contents.flatMap(({ types }) => types.filter(({ type }) => type === asked.type))
  const why = whyNot(found, ofType, asked, end)
  const shown = why === undefined ? ofType.filter(({ n }) => n > 0) : []
  return {
    ...{ start, end, why, batches: shown.map((one) => batchOf(one, asked.layout)) },
    withheld: Math.max(0, ...shown.map(({ withheld }) => withheld.length)),
    k: Math.max(0, ...shown.map(({ threshold }) => threshold)),
    contributions: contents.length === 0 ? undefined : contributionsOf(contents, ofType),
  }
}

function whyNot(
  found: readonly Found[],
  ofType: readonly ReleasedType[],
  { layout, now }: Asked,
  end: number,
): Unreleased | undefined {
  if (found.some(({ kind }) => kind === 'unequal')) return 'disagree'
  if (ofType.some(({ n }) => n > 0)) {
    const own = layout && hashOf(layout)
    const isOwn = ofType.every(({ n, layout: of }) => n === 0 || (own && Buffer.compare(of, own) === 0))
    return isOwn ? undefined : 'layout'
  }
  if (ofType.some(({ reason }) => reason === 'implausible')) return 'implausible'
  if (ofType.length > 0) return 'few'
  if (found.some(({ kind }) => kind === 'half')) return 'half'
  if (found.length > 0) return 'few'
  return now < end + SHARE_KEPT_MS ? 'pending' : 'none'
}

function batchOf({ n, rows, withheld }: ReleasedType, layout: Layout | undefined): BatchTotals {
  const opened = new Map(rows.map((row) => [row.row, row]))
  const hidden = new Set(withheld)
  const named = new Map<string, TotalRow>()
  for (const [at, { name, values }] of (layout?.rows ?? []).entries()) {
    if (hidden.has(at)) continue
    const row = opened.get(at)
    named.set(name, { nodes: row?.nodes ?? 0, values: row?.values ?? values.map(() => 0) })
  }
  return { contributors: n, rows: named }
}

/** The first batch knows who was expected; each machine is in one count. */
function contributionsOf(contents: readonly ReleaseContent[], types: readonly ReleasedType[]): Contributions {
  const sum = (of: (one: ReleasedType) => number): number => types.reduce((all, one) => all + of(one), 0)
  const newest = contents.at(-1) as ReleaseContent
  const contributed = sum(({ n }) => n)
  const declined = sum((one) => one.declined)
  const late = types.at(-1)?.waiting ?? 0
  // Others are no machines of the mesh.
  const refused = newest.refused
    .filter(({ reason }) => reason !== 'uncertified')
    .reduce((all, { count }) => all + count, 0)
  const said = contributed + declined + late + refused
  return { contributed, declined, late, refused, absent: Math.max(0, newest.expected - said) }
}
