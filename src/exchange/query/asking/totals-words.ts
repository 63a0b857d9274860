// Why totals are not there, in words for people: for a whole question, and for single buckets of its range.
import type { BucketTotals, Unreleased } from '../../totals/types.ts'

export const absentWords = {
  aggregators:
    'Totals need two nodes that compute them, of different operators, and this mesh has named none: karo policy sign ' +
    '--aggregator <node> --aggregator <node>, where the root key is.',
  teams: 'Totals are released for all machines together, not for a team: leave --team out.',
  sealed: (audience: string): string =>
    `Totals are sealed to nodes whose certificate has the role ${audience}, and this one has it not: ask through such a ` +
    `node, or karo ca assign <this node> --role ${audience}.`,
  role: (audiences: readonly string[], reason: string): string =>
    `Totals are released for the ${audiences.length === 1 ? 'role' : 'roles'} ${audiences.join(', ')}: ${reason}.`,
} as const

const WHY: Readonly<Record<Unreleased, string>> = {
  none: 'no two nodes computed totals then',
  pending: 'not released yet',
  half: 'only one of the two aggregators has released it so far',
  disagree: 'the two aggregators released different numbers, so one of them is broken or not honest',
  few: 'too few machines contributed',
  overlap: 'the machines that contributed differ from those of another total by too few',
  implausible: 'the sums cannot be: a machine or an aggregator is broken or not honest',
  layout: 'machines of several versions contributed, too few of each',
}

/** One note for each reason, with how many buckets it holds for; none when all were released. */
export function whyWords(buckets: readonly BucketTotals[]): readonly string[] {
  const counts = new Map<Unreleased, number>()
  for (const { why } of buckets) if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
  return [...counts].map(
    ([why, many]) =>
      `${many} of ${buckets.length} periods ${many === 1 ? 'is' : 'are'} missing: ${WHY[why]}.`,
  )
}
