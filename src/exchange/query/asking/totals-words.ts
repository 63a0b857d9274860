// Why totals are not there, in words for people: for a whole question, and for single buckets of its range.
import type { BucketTotals, Unreleased } from '../../totals/types.ts'
import type { Fetched } from './fetch.ts'

export const absentWords = {
  aggregators:
    'Totals need two nodes that compute them, of different operators, and this mesh has named none: karo policy sign ' +
    '--aggregator <node> --aggregator <node>, where the root key is.',
  refused: (audience: string, reason: string): string => `No totals for the role ${audience}: ${reason}.`,
  role: (audiences: readonly string[]): string =>
    `Totals are for nodes and people with the role ${audiences.join(' or ')}: karo ca assign <this node> --role, or karo login.`,
} as const

const WHY: Readonly<Record<Unreleased, string>> = {
  none: 'nothing of it is known to this node',
  pending: 'not released yet',
  half: 'only one of the two aggregators has released it so far',
  disagree: 'the two aggregators released different numbers, so one of them is broken or not honest',
  few: 'too few machines contributed',
  implausible: 'the sums cannot be: a machine or an aggregator is broken or not honest',
  team: 'its totals are released for all machines together, and the team is not told apart',
  layout: 'another release of Karo computed it, with rows that this one does not know',
}

/** One note for each reason, with how many buckets it holds for; none when all were released whole. */
export function whyWords(buckets: readonly BucketTotals[]): readonly string[] {
  const counts = new Map<Unreleased, number>()
  for (const { why } of buckets) if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
  const missing = [...counts].map(
    ([why, many]) =>
      `${many} of ${buckets.length} periods ${many === 1 ? 'is' : 'are'} missing: ${WHY[why]}.`,
  )
  const short = buckets.filter(({ implausible }) => implausible).length
  if (short === 0) return missing
  const periods = `In ${short} of ${buckets.length} periods`
  return [
    ...missing,
    `${periods} some machines are left out: their sums cannot be, so one is broken or not honest.`,
  ]
}

/** What became of asking other nodes; nothing where nobody was asked, or everything asked for is there. */
export function fetchedWords(
  audience: string,
  fetched: Fetched | undefined,
  buckets: readonly BucketTotals[],
): readonly string[] {
  if (fetched === undefined) return []
  const { asked, denied, silent, refused } = fetched
  const broken = refused.map(
    ({ name, fingerprint }) =>
      `What ${name || fingerprint} sent in place of totals was altered or about something else, so nothing of it is shown.`,
  )
  const isMissing = buckets.some(({ why }) => why === 'none' || why === 'pending' || why === 'half')
  if (!isMissing || asked === 0) return broken
  const who = `nodes that may hold totals for the role ${audience}`
  const parts = [
    ...(denied === 0 ? [] : [`${denied} refused`]),
    ...(silent === 0 ? [] : [`${silent} did not answer`]),
  ]
  if (parts.length === 0) return broken
  return [...broken, `Of ${asked} ${who}, ${parts.join(' and ')}.`]
}

/** `Changes compare 8 machines with 5 to 6.`; undefined: each bucket of both periods has as many machines. */
export function changeWords(now: readonly number[], before: readonly number[]): string | undefined {
  if (now.length === 0 || before.length === 0 || new Set([...now, ...before]).size === 1) return undefined
  return `Changes compare ${spanOf(now)} machines with ${spanOf(before)}.`
}

function spanOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least} to ${most}`
}
