// Certificates and lists name keys, and mean nodes: which key of a node a certificate is about, and which keys a revocation names.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { LineageView } from '../lineage/index.ts'
import type { Roll } from './roll-types.ts'
import { lastKeyOf } from './verify.ts'

export interface Kinship {
  /** The key of this node that has a certificate: its own, or the one before until a new certificate comes. */
  certifiedKey(): NodeId
  /** Which of its keys the certificates are about that a node shows. */
  keyOf(node: NodeId, chain: readonly Uint8Array[]): NodeId
  /** A list names the key, or another one of its lineage. */
  isRevoked(node: NodeId): boolean
  /** It has no certificate that holds, because the root revoked who signed that of one of its keys. */
  isVoid(node: NodeId): boolean
  /** The keys to revoke with this one; undefined: the node has no certificate here. */
  revokedWith(node: NodeId): readonly NodeId[] | undefined
}

export function createKinship({
  self,
  roll,
  lineage,
  clock,
}: {
  readonly self: NodeId
  readonly roll: Roll
  readonly lineage: LineageView
  readonly clock: Clock
}): Kinship {
  const isCertified = (node: NodeId): boolean => roll.word(node, clock.now()) !== undefined
  return {
    certifiedKey: () => lineage.ancestors(self).find(isCertified) ?? self,
    keyOf(node, chain) {
      const named = lastKeyOf(chain)
      return named !== undefined && lineage.ancestors(node).includes(named) ? named : node
    },
    isRevoked: (node) => lineage.family(node).some((key) => roll.revoked(key) !== undefined),
    isVoid: (node) => !isCertified(node) && lineage.ancestors(node).some(roll.isVoid),
    revokedWith(node) {
      const isKnown = (key: NodeId): boolean =>
        isCertified(key) || roll.operators.has(key) || roll.revoked(key) !== undefined
      if (![node, ...lineage.family(node)].some(isKnown)) return undefined
      // One of several successors is revoked alone: the other one may be the node's own.
      return lineage.branch(node) === undefined ? lineage.all(node) : [node]
    },
  }
}
