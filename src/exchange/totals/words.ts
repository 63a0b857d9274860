// Why released totals of a period are not there, in words for people: the same for a question and for a report.
import type * as z from 'zod'
import type { firstTotals } from './schema.ts'
import type { BucketTotals, Off, Unreleased } from './types.ts'

const WHY: Readonly<Record<Unreleased, string>> = {
  none: 'this node knows no totals of that time',
  pending: 'not released yet',
  half: 'only one of the two aggregators has released it so far',
  disagree:
    'the two aggregators (karo share preview --role <role> --at <day>) released different numbers: one is broken or not honest',
  few: 'fewer than five machines (or the larger of --k-min and sharing.k_min) contributed besides those that add up or read',
  implausible: 'the sums cannot be: a machine or an aggregator is broken or not honest',
  team: 'its totals are released for all machines together alone',
  unfetched: 'others may hold it and did not show it: ask again, or about a shorter time',
  layout: 'another release of Karo computed it, with rows unknown here',
}

export const whyWord = (why: Unreleased): string => WHY[why]

export type FirstTotals = z.infer<typeof firstTotals>

/** `2026-11-20 13:05` of a time in RFC 3339. */
export const minuteOf = (time: string): string => time.slice(0, 16).replace('T', ' ')

const firstWords = ({ start, end, comes, machines, present }: FirstTotals): string =>
  `The first totals are of ${minuteOf(start)} to ${minuteOf(end)} UTC, and come after ${minuteOf(comes)}, when nine of ten machines answered and five (or the larger of --k-min and sharing.k_min) take part besides those that add up or read. ${present} of ${machines} machines are there now: karo query health.`

/** How far numbers that were added up over these buckets may be off; undefined: none of them has noise. */
export function offOf(buckets: readonly BucketTotals[]): Off | undefined {
  const all = buckets.flatMap(({ batches }) => batches.flatMap(({ off = [] }) => off))
  if (all.length === 0) return undefined
  return {
    // Numbers of machines are not added up over buckets.
    nodes: Math.max(...all.map(({ nodes }) => nodes)),
    values: Math.ceil(Math.hypot(...all.map(({ values }) => values))),
  }
}

const noiseWords = ({ nodes, values }: Off): string =>
  `Numbers have noise, which hides what a single machine did: 95 of 100 are within ${values} of the true ones, numbers of machines within ${nodes}.`

/** One note for each reason, with how many periods it holds for; none when all were released whole. `first`: none was released yet. */
export function missingWords(buckets: readonly BucketTotals[], first?: FirstTotals): readonly string[] {
  if (!first && buckets.length === 0)
    return [
      'Totals are of whole periods that are over (days of UTC, unless the policy says otherwise), from the first of the mesh on, and none lies within this time. A date alone is a day of your own time zone, 2026-11-20T00:00:00Z the beginning of one of UTC.',
    ]
  const notes = [...Map.groupBy(buckets, ({ why }) => why)].flatMap(([why, { length: many }]) =>
    // Whoever waits for the first totals still has to know what was wrong with those of before: it will be wrong again.
    why === undefined || (first && (why === 'pending' || why === 'none'))
      ? []
      : `${many} of ${buckets.length} periods ${many === 1 ? 'is' : 'are'} missing: ${WHY[why]}.`,
  )
  if (first) return [firstWords(first), ...notes]
  const off = offOf(buckets)
  if (off !== undefined) notes.push(noiseWords(off))
  const short = buckets.filter(({ implausible }) => implausible).length
  if (short > 0)
    notes.push(
      `In ${short} of ${buckets.length} periods some machines are left out: their sums cannot be, so one is broken or not honest.`,
    )
  return notes
}
