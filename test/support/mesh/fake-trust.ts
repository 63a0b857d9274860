// A trust room in memory: who is admitted or refused is set by the test, and listeners are told as the real one does.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Member, PeerOpinion, PendingPeer, Trust } from '../../../src/trust/peers/index.ts'
import { hereUntil } from '../../../src/trust/peers/missing.ts'

export interface FakeTrust extends Trust {
  /** What the mesh reported, in order. */
  readonly sightings: { node: NodeId; offline: boolean }[]
}

/** What people think of a node of which nothing is known but its key. */
export const opinionOf = (node: NodeId, more: Partial<PeerOpinion> = {}): PeerOpinion => ({
  node_id: node,
  fingerprint: node.slice(-16),
  name: 'somebody',
  trust_level: 'untrusted',
  roles: [],
  teams: [],
  why: 'default',
  denied: false,
  revoked: false,
  ...more,
})

/** A member that was connected when it was seen last; `more` may say when that was, too. */
export function memberOf(node: NodeId, seen: number, more: Partial<Member> = {}): Member {
  const last_seen = more.last_seen ?? seen
  return {
    node_id: node,
    fingerprint: node.slice(-16),
    name: 'somebody',
    last_seen,
    here_until: hereUntil(last_seen),
    addresses: [],
    offline: false,
    unsure: false,
    known_by: 'link',
    ...more,
  }
}

/** `now`: milliseconds since the epoch. `trusted`: a set is read and not copied, so that a thousand nodes can share it. */
export function createFakeTrust(
  trusted: readonly NodeId[] | ReadonlySet<NodeId> = [],
  now: () => number = Date.now,
): FakeTrust {
  const given: ReadonlySet<NodeId> = 'has' in trusted ? trusted : new Set(trusted)
  const admitted = new Set<NodeId>()
  /** Of those that were given, who is admitted no longer. */
  const dropped = new Set<NodeId>()
  const denied = new Set<NodeId>()
  const revoked = new Set<NodeId>()
  const members = new Map<NodeId, Member>()
  const pending = new Map<NodeId, PendingPeer>()
  const met = new Map<NodeId, { addresses: readonly string[]; last_seen: number }>()
  const listeners = new Set<Parameters<Trust['onChange']>[0]>()
  const sightings: { node: NodeId; offline: boolean }[] = []

  /** Most of these sets stay empty, and a simulation of a thousand nodes asks some hundred million times. */
  const isIn = (set: ReadonlySet<NodeId>, node: NodeId): boolean => set.size > 0 && set.has(node)
  const refused = (node: NodeId): boolean => isIn(denied, node) || isIn(revoked, node)
  const admits = (node: NodeId): boolean =>
    (isIn(admitted, node) || (given.has(node) && !isIn(dropped, node))) && !refused(node)
  const changed = (node: NodeId): Promise<void> => {
    if (refused(node) || !admits(node)) members.delete(node)
    for (const listener of listeners) listener(node, 'person')
    return Promise.resolve()
  }
  const opinion = (node: NodeId): PeerOpinion =>
    opinionOf(node, {
      name: members.get(node)?.name ?? 'somebody',
      ...(admits(node) && ({ trust_level: 'peer', why: 'tofu' } as const)),
      denied: denied.has(node),
      revoked: revoked.has(node),
    })

  return {
    name: 'trust',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    sightings,
    opinion,
    standing: (node) => (admits(node) ? 'member' : members.has(node) ? 'known' : 'stranger'),
    admits,
    refuses: refused,
    bars: refused,
    reload: () => Promise.resolve(),
    explain: () => [],
    memberOf: (node) => node,
    keysOf: (node) => [node],
    keyState: () => ({ kind: 'current' }),
    rotations: {
      wanted: () => false,
      accept() {},
      isFirst: () => false,
      shown() {},
      toldTo: () => undefined,
      onTaken: () => () => {},
      leadsTo: () => false,
      look() {},
    },
    decidedAt: () => undefined,
    isNameChosen: () => false,
    trust(node, { level }) {
      if (level === 'untrusted') {
        admitted.delete(node)
        dropped.add(node)
      } else admitted.add(node)
      denied.delete(node)
      revoked.delete(node)
      if (admits(node)) pending.delete(node)
      return changed(node)
    },
    deny(node) {
      denied.add(node)
      return changed(node)
    },
    revoke(node) {
      admitted.delete(node)
      dropped.add(node)
      revoked.add(node)
      return changed(node)
    },
    resolve: (who) => who as NodeId,
    members: () => [...members.values()],
    member: (node) => members.get(node),
    sawMember(node, { name, addresses, offline = false }) {
      sightings.push({ node, offline })
      if (addresses !== undefined) met.set(node, { addresses, last_seen: now() })
      const before = members.get(node)
      members.set(node, {
        node_id: node,
        fingerprint: node.slice(-16),
        name: name ?? before?.name ?? 'somebody',
        last_seen: now(),
        here_until: hereUntil(now()),
        addresses: addresses ?? before?.addresses ?? [],
        offline,
        unsure: false,
        known_by: 'link',
      })
    },
    heardOf(node, { name, addresses, offline, at = now(), againMs }) {
      if (refused(node)) return false
      const before = members.get(node)
      members.set(node, {
        node_id: node,
        fingerprint: node.slice(-16),
        name,
        last_seen: Math.max(Math.min(at, now()), before?.last_seen ?? 0),
        here_until: hereUntil(Math.min(at, now()), againMs),
        addresses: addresses.length > 0 ? addresses : (before?.addresses ?? []),
        offline,
        unsure: false,
        known_by: before?.known_by ?? 'gossip',
      })
      return true
    },
    lost(node) {
      const member = members.get(node)
      if (member !== undefined && !member.offline) members.set(node, { ...member, unsure: true })
    },
    pending: () => [...pending.values()],
    sawStranger(node, { name, addresses }) {
      const at = now()
      met.set(node, { addresses, last_seen: at })
      if (refused(node)) return
      pending.set(node, {
        node_id: node,
        fingerprint: node.slice(-16),
        name,
        addresses,
        first_seen: pending.get(node)?.first_seen ?? at,
        last_seen: at,
      })
    },
    connected() {},
    met: (node) => met.get(node),
    known: () => [...new Set([...given, ...admitted, ...members.keys(), ...pending.keys()])],
    onPresence: () => () => {},
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
