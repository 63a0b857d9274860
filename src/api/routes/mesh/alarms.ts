// What `karo status` warns of, in sentences for people: what speaks for a stolen or copied key, and certificates that end.
import type { NodeId } from '../../../../protocols/node-id.ts'
import { formatFingerprint, localTime, printable } from '../../../base/format.ts'
import { placesInWords } from '../../../base/places.ts'
import { type Fork, takenBy } from '../../../trust/lineage/index.ts'
import { ISSUER_SOON_MS } from '../../contract/constants.ts'
import { type Rooms, time } from '../../server/index.ts'
import { joiningInWords, revokedInWords } from './revoked.ts'

/** Sentences in all. */
const ALARMS_MAX = 16
/** Nodes of one sentence that are named. */
const NAMED = 3

/** Nodes whose key has several successors, undecided, each lineage once: named by the key where it forks. */
export function frozenNodes({ trust }: Pick<Rooms, 'trust'>) {
  const forks = new Map<NodeId, Fork>()
  for (const node of trust.known()) {
    const state = trust.keyState(node)
    if (state.kind === 'frozen') forks.set(state.fork.at, state.fork)
  }
  return [...forks.values()]
}

/** The successor that somebody else gave to the key of this node, or to one that it had before; undefined: nobody did. */
export const takenHere = ({ identity, trust }: Pick<Rooms, 'identity' | 'trust'>): NodeId | undefined =>
  takenBy(trust.keyState(identity.nodeId), { ...identity, next: identity.pending?.identity.nodeId })

/** What a person does about it. A key that is not the newest of its lineage any more comes from an old backup, or was stolen. */
function takenInWords({ identity, trust }: Pick<Rooms, 'identity' | 'trust'>, taken: NodeId): string {
  const state = trust.keyState(identity.nodeId)
  const own = [identity.nodeId, ...identity.former.map(({ nodeId }) => nodeId)]
  if (state.kind === 'frozen' && state.fork.between.some((key) => own.includes(key)))
    return `somebody else has a key that this node had before, and replaced it by ${taken}: nobody gives data to either of them. Have the others run karo peers trust ${identity.nodeId}, or an issuer revoke the other one`
  const when =
    state.kind === 'replaced' || state.kind === 'retired'
      ? `, and others accept this one until at most ${time(state.until)}`
      : ''
  return `the key of this node was replaced by ${taken}${when}. If this machine was restored from an older backup, restore a newer one; without one: karo identity new --replace, and join again. Otherwise somebody else has the key: karo identity rotate --contest, so that neither of the two gets data; then make a new node too, and have this one revoked by an issuer or denied by the others`
}

/** `admin`: whether the alarms are for an administrator; only administrators are told at which addresses nodes are. */
export function alarmsOf(
  { identity, mesh, trust, fleet, clock, isDbLost }: Rooms,
  admin: boolean,
): readonly string[] {
  const called = (node: NodeId): string => {
    const { name, fingerprint } = trust.opinion(node)
    return `${printable(name) || 'a node'} (${formatFingerprint(fingerprint)})`
  }
  const {
    stale,
    stalled,
    twins: { here, others },
  } = mesh.inspect()
  const stuck = stalled.flatMap(({ node_id }) => (mesh.isConnected(node_id) ? [] : called(node_id)))
  const belongs = fleet.state()
  const ends = belongs.own?.not_after ?? 0
  const taken = takenHere({ identity, trust })
  return [
    isDbLost &&
      'this node started with an empty database, and its key is older: history, ledger and all decisions about others are missing, as after half a restore. karo stop, then karo restore <backup> --replace  brings them back',
    revokedInWords(belongs),
    belongs.stale &&
      'no revocation list of an issuer came for a week, so this node gives members no data: karo doctor --only mesh.lists',
    belongs.issuer &&
      ends - clock.now() < ISSUER_SOON_MS &&
      `this issuer is certified until ${localTime(time(ends))}, and only a person can renew it: karo ca renew, with the root key`,
    admin && joiningInWords(belongs, stale.length > 0),
    stuck.length > 0 &&
      `connections to ${stuck.length > NAMED ? `${stuck.length} nodes` : stuck.join(', ')} open, then stall: karo doctor --only mesh.path`,
    taken && takenInWords({ identity, trust }, taken),
    here.length > 0 &&
      `another machine uses the key of this node: it takes this one's place at ${here.map(called).join(', ')}; stop it there, or, if you do not know it, make a new node here and have this one revoked`,
    ...others.map(({ node_id, places }) => {
      const where = admin ? `, ${placesInWords(places)}` : ''
      return node_id === identity.nodeId
        ? `the key of this node answers at another place too${where}: on a copy of this node, where karo identity new --replace (with its --home) makes another one, by a program that passes connections on, or by a thief: then make a new node here`
        : `the key of ${called(node_id)} is used on two machines${where}: stop Karo on the one that should not have it, and there: karo identity new --replace (with its --home); if nobody knows that one, the key is stolen: karo peers revoke ${trust.opinion(node_id).fingerprint}`
    }),
    ...frozenNodes({ trust }).map(
      ({ at, between }) =>
        `the key of ${called(at)} has several successors, so one of them may be a thief's, and none opens data: ask its people for the right fingerprint (${between.map((one) => formatFingerprint(trust.opinion(one).fingerprint)).join(' or ')}), then karo peers trust <that one>`,
    ),
  ]
    .filter((said) => typeof said === 'string')
    .slice(0, ALARMS_MAX)
}
