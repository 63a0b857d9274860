// The next revocation list of a root: what it names when one more node is revoked.
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
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

/**
 * The moment that the next list bears, ms since the epoch: after the last one's, which a clock that was ahead may have
 * written. One that is so far ahead that nobody would believe it says nothing about what comes after it.
 */
export function versionAfter({ signed_at }: Pick<RootListShape, 'signed_at'>, now: number): number {
  const last = signed_at === null ? 0 : Date.parse(signed_at)
  return last > now + CLOCK_WINDOW_MS ? now : Math.max(now, last + 1)
}
