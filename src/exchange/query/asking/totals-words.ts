// Words for people about a question's totals: why there are none at all, what became of fetching them, what changes compare.
import type { BucketTotals } from '../../totals/types.ts'
import { rfc3339 } from '../range.ts'
import type { Fetched } from './fetch.ts'

export const absentWords = {
  aggregators: (problem: string | null | undefined): string =>
    problem == null
      ? 'No nodes are named to compute totals. The root key names two: karo policy sign --aggregator <node>=<operator>, twice.'
      : `Which nodes compute totals is not known here, because the newest policy bundle is not in force: ${problem}.`,
  nodes: 'Totals hold no numbers of single nodes, so no machine is shown by itself.',
  refused: (audience: string, reason: string): string => `No totals for the role ${audience}: ${reason}.`,
  /** Statements of holders are about all machines of a type, so nobody shows them for the sake of a part. */
  ownTeam: (team: string, audience: string): string =>
    `You may read the totals of the team ${team} and not those of all machines, so no other node shows them to you: ask at a node with the role ${audience}, which holds them itself (karo login works there too).`,
  role: (audiences: readonly string[]): string =>
    `Totals are for nodes and people with the role ${audiences.join(' or ')}: karo ca assign NODE --role ${audiences[0]} gives it to a node, karo login signs a person in.`,
} as const

/** What became of asking other nodes; nothing where nobody was asked, or everything asked for is there. */
export function fetchedWords(
  audience: string,
  fetched: Fetched | undefined,
  buckets: readonly BucketTotals[],
): readonly string[] {
  if (fetched === undefined) return []
  const { asked, denied, silent, refused } = fetched
  const broken: string[] = refused.map(
    ({ name, fingerprint }) =>
      `The totals that ${name || fingerprint} sent were altered or are about something else, so they are not shown.`,
  )
  const cut = buckets.findLast(({ why }) => why === 'unfetched')
  if (cut !== undefined) {
    const until = rfc3339(cut.end)
    broken.push(
      `Older totals than ${until} were not fetched: karo query … --from … --to ${until} asks for those.`,
    )
  }
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
