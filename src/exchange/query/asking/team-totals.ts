// A team's totals out of what was released: the parts whose machines are in it, and beside them the others of the same machines.
import type { BatchTotals, BucketTotals, PartTotals } from '../../totals/types.ts'

/** What was released of a team in each bucket; `others`: of the machines beside it, in the same buckets. */
export interface TeamTotals {
  /** A bucket that tells nothing of the team apart has `why` team. */
  readonly buckets: readonly BucketTotals[]
  readonly others: readonly BucketTotals[]
}

/** No set of machines is added up for it: the parts were cut when the totals were opened, and are the same for everybody. */
export function teamTotals(buckets: readonly BucketTotals[], team: string): TeamTotals {
  const cut = (pick: (parts: readonly PartTotals[], own: ReadonlySet<number>) => readonly PartTotals[]) =>
    buckets.map((bucket): BucketTotals => {
      if (bucket.why !== undefined) return bucket
      const parts = bucket.apart?.parts ?? []
      const own = new Set(parts.filter(({ teams }) => teams.includes(team)).map(({ split }) => split))
      const batches = pick(parts, own)
      const why = own.size === 0 ? 'team' : undefined
      const k = own.size === 0 ? bucket.k : Math.max(...batches.map((part) => part.k))
      return { ...bucket, why, batches, k, ofAllOnly: ofAllOnly(bucket.batches, batches) }
    })
  return {
    buckets: cut((parts) => parts.filter(({ teams }) => teams.includes(team))),
    others: cut((parts, own) => parts.filter(({ teams, split }) => own.has(split) && !teams.includes(team))),
  }
}

const ofAllOnly = (all: readonly BatchTotals[], of: readonly BatchTotals[]): number => {
  const shown = new Set(all.flatMap(({ rows }) => [...rows.keys()]))
  return [...shown].filter((row) => of.some(({ rows }) => !rows.has(row))).length
}

/** Machines of the team in the newest bucket that tells of it, and all that were expected then; null: nobody says. */
export function machinesOfTeam(
  buckets: readonly BucketTotals[],
  team: string,
): { readonly machines: number; readonly of: number | null } {
  const newest = buckets.findLast(({ why }) => why === undefined) ?? buckets.findLast(({ apart }) => apart)
  const of = newest?.apart?.teams.get(team) ?? null
  const machines = newest?.why === undefined ? machinesIn(newest?.batches ?? []) : 0
  return { machines, of: of === null ? null : Math.max(of, machines) }
}

export const machinesIn = (batches: readonly BatchTotals[]): number =>
  batches.reduce((sum, { contributors }) => sum + contributors, 0)

/** Why the newest released bucket has no totals of the team, for people; undefined if it has some. */
export function whyNoTeam(buckets: readonly BucketTotals[], team: string): string | undefined {
  const newest = buckets.findLast(({ apart }) => apart)
  if (newest?.apart === undefined || newest.why !== 'team') return undefined
  const { teams, undivided } = newest.apart
  const expected = teams.get(team)
  if (expected === undefined)
    return `In the newest period no machine had the team ${team} in its certificate.`
  if (undivided > 0) {
    return `The two aggregators knew different teams of ${undivided} machines, so the totals of a team leave these out.`
  }
  const contributed = newest.contributions?.contributed ?? Number.POSITIVE_INFINITY
  const why =
    expected < newest.k
      ? `${team} has ${expected}`
      : contributed - expected < newest.k
        ? `of ${contributed} that contributed, too few are outside of ${team}`
        : `too few of the ${expected} of ${team} did, or have exactly the same teams`
  return `Totals of a team are shown if ${newest.k} machines of the same teams contribute, and as many others (fewer if no aggregator and no reader is among them): ${why}.`
}
