// Certificates and lists name keys, and mean nodes: which key of a node a certificate is about, and which keys a revocation names.
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { comparable } from '../../base/words/comparable.ts'
import type { FleetParts } from './fleet-options.ts'
import type { Roll } from './roll.ts'
import { type Binding, lastKeyOf } from './verify.ts'

export type Kinship = ReturnType<typeof createKinship>

/**
 * When another branch of a fork of its lineage was revoked last, ms since the epoch; 0: none was. Where an issuer certifies
 * the key after that, it counts everywhere.
 */
export function leftSince({ lineage, roll }: FleetParts, node: NodeId, now: number): number {
  const others = lineage
    .branches(node)
    .flatMap(({ fork, head }) => fork.between.filter((other) => other !== head))
  const times = others.flatMap((other) => roll.revoked(other)?.at ?? [])
  // A revocation whose date lies far ahead does not count until that date has come.
  return Math.max(0, ...times.filter((at) => at < now + CLOCK_WINDOW_MS / 2))
}

/**
 * The terms of a node's certificate, also if its issuer may no longer give these roles: the root restricted only the
 * issuer, and the other terms were given correctly. Undefined: the node may not get a new certificate.
 */
export function assignable(roll: Roll, node: NodeId, now: number): Binding | undefined {
  const binding = roll.word(node, now)?.binding
  if (binding !== undefined) return binding
  return roll.whyNot(node, now) === 'not_granted' ? roll.lastTerms(node) : undefined
}

/** Nodes whose newest certificate is by that issuer, and which another issuer may certify, each by the last key for which that is so. */
export function assignableOf({ roll, lineage }: FleetParts, issuer: NodeId, now: number) {
  const termsOf = (node: NodeId) => assignable(roll, node, now)
  return roll.certifiedBy(issuer).flatMap((node) => {
    const successor = lineage.current(node)
    const isReplaced = successor !== node && termsOf(successor) !== undefined
    return isReplaced ? [] : (termsOf(node) ?? [])
  })
}

/** Whether a machine or a person with a certificate that holds is called so; `isOwn`: the one that is to be called so does not count. */
export function isCalled(roll: Roll, name: string, now: number, isOwn: (one: Binding) => boolean): boolean {
  const same = comparable(name)
  const people = roll.operators.list(now).flatMap(({ binding, state }) => (state === 'valid' ? binding : []))
  return [...roll.certified(now), ...people].some((one) => comparable(one.name) === same && !isOwn(one))
}

export function createKinship({ identity, roll, lineage, clock }: FleetParts) {
  const self = identity.nodeId
  const isCertified = (node: NodeId): boolean => roll.word(node, clock.now()) !== undefined
  const isKnown = (key: NodeId): boolean =>
    roll.since(key, 0) !== undefined || roll.operators.has(key) || roll.revoked(key) !== undefined
  /** Of the fork that keeps the key from counting, the branch that it is in, which is revoked alone: the other one may be the node's own. */
  function openBranch(node: NodeId): NodeId | undefined {
    const state = lineage.state(node)
    if (state.kind !== 'frozen' && state.kind !== 'rejected') return undefined
    return lineage.branches(node).find(({ fork }) => fork.at === state.fork.at)?.head
  }
  return {
    /** The key of this node that has a certificate: its own, or the one before until a new certificate comes. */
    certifiedKey: () => lineage.ancestors(self).find(isCertified) ?? self,
    /** Which of its keys the certificates are about that a node shows. */
    keyOf(node: NodeId, chain: readonly Uint8Array[]) {
      const named = lastKeyOf(chain)
      return named && lineage.ancestors(node).includes(named) ? named : node
    },
    /** A list names the key, or another one of its lineage, or another key has taken its place: no invite lets it in. */
    isRevoked(node: NodeId) {
      const { kind } = lineage.state(node)
      return (
        kind === 'retired' ||
        kind === 'rejected' ||
        lineage.family(node).some((key) => roll.revoked(key) !== undefined)
      )
    },
    /** It has no certificate that holds, because the root revoked who signed that of one of its keys. */
    isVoid: (node: NodeId) => !isCertified(node) && lineage.ancestors(node).some(roll.isVoid),
    /** The keys to revoke with this one; undefined: the node has no certificate here, also none that ended. */
    revokedWith(node: NodeId): readonly NodeId[] | undefined {
      if (![node, ...lineage.family(node)].some(isKnown)) return undefined
      const undecided = openBranch(node)
      const keys = undecided === undefined ? lineage.all(node) : lineage.below(undecided)
      // A thief of one key can make any number of successors, and a list has a bounded number of places. So only the
      // keys before and after it, and keys that are certified, are revoked with it.
      const family = new Set(lineage.family(node))
      return keys.filter((key) => key === node || key === undecided || family.has(key) || isKnown(key))
    },
  }
}
