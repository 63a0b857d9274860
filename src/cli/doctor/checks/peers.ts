// Checks of other nodes: which wait for a decision, who trusts whom, their versions, keys on two machines.

import type { ConnectionFacts, DaemonFacts, NamedNode, PendingNode } from '../../../api/contract/shapes.ts'
import { placesInWords } from '../../../base/places.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'

/** Waiting time from which there is a warning, so that a person who just installed a node has time to decide. */
const PENDING_LONG_MS = 60 * 60_000

const who = ({ name, fingerprint }: Pick<NamedNode, 'name' | 'fingerprint'>): string =>
  `${name} (${fingerprint})`

export function judgePending(pending: readonly PendingNode[], now: number): readonly Finding[] {
  const long = pending.filter(({ since }) => now - Date.parse(since) > PENDING_LONG_MS)
  if (long.length === 0)
    return [
      ok(pending.length === 0 ? 'no node waits' : `${pending.length} waiting, none for more than an hour`),
    ]
  return long.map((node) =>
    warn(
      `${who(node)} has been waiting to be trusted since ${node.since}`,
      `karo peers trust ${node.fingerprint}\nor: karo peers deny ${node.fingerprint}`,
    ),
  )
}

export function judgeTrust({
  certificate,
  one_sided,
}: Pick<DaemonFacts, 'certificate' | 'one_sided'>): readonly Finding[] {
  const out = certificate?.why_not
  if (out === 'revoked' || out === 'issuer_revoked')
    return [skipped('this node is no longer a member of its mesh: mesh.certificate says what to do')]
  if (one_sided.length === 0) return [ok('every trusted node that this node has met trusts it too')]
  return one_sided.map((node) => warn(`${who(node)} is trusted here, but does not trust this node`))
}

/** Leaves that are named; the rest is counted. */
const LEAVES_NAMED = 8

export function judgeLeaves({
  linked,
  up_to,
  turned_away: away,
}: DaemonFacts['mesh']['leaves']): readonly Finding[] {
  if (away.length === 0) return [ok(`${linked} linked, of at most ${up_to}`)]
  const named = away.slice(0, LEAVES_NAMED).map(who)
  const more = away.length > LEAVES_NAMED ? ` and ${away.length - LEAVES_NAMED} more` : ''
  return [
    warn(`all ${up_to} links for leaves are used, so these have no lasting link: ${named.join(', ')}${more}`),
  ]
}

export function judgeTwins({ here, others }: DaemonFacts['twins']): readonly Finding[] {
  const found = others.map((node) =>
    warn(
      `two machines use the key of ${who(node)}: ${placesInWords(node.places)}`,
      `On the machine that should not be ${node.name}: stop Karo (sudo systemctl stop karo, or end karo up), move identity.key away, then: karo identity new`,
    ),
  )
  if (here.length > 0) {
    const at = here.map(who).join(', ')
    found.unshift(fail(`two machines use the key of this node: this one, and one at ${at}`))
  }
  return found.length > 0 ? found : [ok('no other machine was seen with the key of this node or of a member')]
}

export function judgeVersions(connections: readonly ConnectionFacts[], own: string): readonly Finding[] {
  const members = connections.filter((one) => one.admitted && one.karo_version !== null)
  if (members.length === 0) return [skipped('no other node is connected')]
  const found = members
    .filter(({ karo_version }) => karo_version !== own)
    .map((one) => {
      const theirs = one.karo_version ?? ''
      const order = compareVersions(theirs, own)
      const which =
        order === 0 ? 'another version' : order > 0 ? 'newer than this one' : 'older than this one'
      const fix = order > 0 ? 'Upgrade Karo on this machine.' : `Upgrade Karo on ${one.name}.`
      return warn(`${who(one)} runs ${theirs}, ${which} (${own})`, fix)
    })
  const protocols = new Set(members.map(({ protocol_version }) => protocol_version))
  if (protocols.size > 1)
    found.push(warn(`they speak different versions of the protocol: ${[...protocols].join(', ')}`))
  return found.length > 0 ? found : [ok(`${members.length} connected, all ${own}`)]
}

/** By their numbers; 0 for what has the same, or none. */
function compareVersions(a: string, b: string): number {
  const numbers = (text: string): number[] => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number)
  const [left, right] = [numbers(a), numbers(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
