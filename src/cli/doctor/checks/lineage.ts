// Checks of what may be stolen or kept back: keys with two successors, this node's own among them, and old revocation lists.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { ago } from '../../../base/format.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import type { World } from '../world.ts'

/** An issuer signs a list each day; one that is missing for another day is told. */
const OLD_MS = 48 * 3_600_000

export async function peersLineage(world: World): Promise<readonly Finding[]> {
  const facts = await world.facts()
  return facts === undefined ? [] : judgeLineage(facts)
}

export function judgeLineage({
  frozen,
  key_taken_by: taken,
}: Pick<DaemonFacts, 'frozen' | 'key_taken_by'>): readonly Finding[] {
  const found: Finding[] = frozen.map(({ name, fingerprint, between }) =>
    fail(
      `the key of ${name} (${fingerprint}) has several successors: ${between.map((one) => one.node_id).join(', ')}`,
      `Ask its people for the fingerprint of the right one (${between.map((one) => one.fingerprint).join(' or ')}), then: karo peers trust <its node id>`,
    ),
  )
  if (taken !== null) {
    found.unshift(
      fail(
        `the key of this node was replaced by ${taken}, which is not here`,
        'karo status says what to do: an old backup was restored here, or somebody else has the key.',
      ),
    )
  }
  return found.length > 0 ? found : [ok('no key has two successors')]
}

export async function meshLists(world: World): Promise<readonly Finding[]> {
  const facts = await world.facts()
  return facts === undefined ? [] : judgeLists(facts.lists, world.now())
}

export function judgeLists(lists: DaemonFacts['lists'], now: number): readonly Finding[] {
  if (lists === null) return [skipped('this node is in no mesh of a root')]
  const age = now - Date.parse(lists.at)
  if (lists.stale)
    return [fail(`the newest revocation list is from ${ago(age)}: certificates open no data here`)]
  return [
    age > OLD_MS
      ? warn(`the newest revocation list is from ${ago(age)}; after seven days certificates open no data`)
      : ok(`the newest revocation list is from ${ago(age)}`),
  ]
}
