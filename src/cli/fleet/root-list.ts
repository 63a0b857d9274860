// The next revocation list of a root: what it names when one more node is revoked.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { RootListShape } from '../../api/contract/shapes.ts'

/**
 * The keys of the root's next list. One that was revoked before keeps its moment. What a revoked issuer had revoked is
 * repeated, because no list of the issuer counts any more where it was not known before.
 */
export function revokedWith(node: NodeId, { revoked, by_issuers }: RootListShape, now: number) {
  const theirs = by_issuers.filter(({ issuer }) => issuer === node)
  const at = new Map([...theirs, ...revoked].map((one) => [one.node_id, Date.parse(one.at)]))
  return [...new Map([[node, now], ...at])].map(([node_id, moment]) => ({ node_id, at: moment }))
}
