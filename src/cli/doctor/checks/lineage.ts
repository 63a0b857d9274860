// Checks of what may be stolen or kept back: keys with two successors, this node's own among them, and old revocation lists.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { ago } from '../../../base/format.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'

/** An issuer signs a list each day; a list that is another day late is reported. */
const OLD_MS = 48 * 3_600_000

export function judgeLineage({
  frozen,
  key_taken_by: taken,
}: Pick<DaemonFacts, 'frozen' | 'key_taken_by'>): readonly Finding[] {
  const found: Finding[] = frozen.map(({ name, fingerprint, between }) =>
    fail(
      `the key of ${name} (${fingerprint}) has several successors: ${between.map((one) => one.node_id).join(', ')}`,
      `Ask the people of that node for the right fingerprint (${between.map((one) => one.fingerprint).join(' or ')}), then: karo peers trust <its node id>`,
    ),
  )
  if (taken !== null) {
    found.unshift(
      fail(
        `the key of this node was replaced by ${taken}, and this machine does not have that key`,
        'karo status says what to do: an old backup was restored here, or somebody else has the key.',
      ),
    )
  }
  return found.length > 0 ? found : [ok('no key has two successors')]
}

export function judgeLists(lists: DaemonFacts['lists'], now: number): readonly Finding[] {
  if (lists === null) return [skipped('this node does not belong to a mesh with a root key')]
  const age = now - Date.parse(lists.at)
  if (lists.stale)
    return [
      fail(
        `the newest revocation list is from ${ago(age)}: nodes that are trusted by certificate only get no data here`,
      ),
    ]
  return [
    age > OLD_MS
      ? warn(
          `the newest revocation list is from ${ago(age)}; after seven days, nodes that are trusted by certificate only get no data`,
        )
      : ok(`the newest revocation list is from ${ago(age)}`),
  ]
}
