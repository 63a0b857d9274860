// The next revocation list of a root: what it names when one more node is revoked.
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { RootListShape } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'

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
 * The moment that the next list bears, ms since the epoch: after the last one's, which the clock of another machine may have
 * written. KaroError `conflict` where that is so far ahead that nobody would take a list of this moment.
 */
export function versionAfter({ signed_at }: Pick<RootListShape, 'signed_at'>, now: number): number {
  const last = signed_at === null ? 0 : Date.parse(signed_at)
  if (last < now) return now
  if (last < now + CLOCK_WINDOW_MS) return last + 1
  throw new KaroError('conflict', `the last list of the root was signed at ${signed_at}, which is to come`, {
    hint: 'Set the clock of this machine right; if it is right, the other one was wrong: wait until that moment.',
  })
}
