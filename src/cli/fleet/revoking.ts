// What a denial or a revocation has come to, in words: what the other side has, and who knows of it.
import { getPolicy } from '../../api/contract/operations/policy.ts'
import type { PeerAnswerShape, PeerShape } from '../../api/contract/shapes.ts'
import { type CommandIo, formatFingerprint, printable } from '../kit.ts'

export const called = ({ name, fingerprint }: PeerShape): string =>
  `${printable(name) || 'the node'} (${formatFingerprint(fingerprint)})`

/**
 * A sentence behind others where the node computes totals of the mesh, or did: nobody can tell what a thief of a revoked key signed.
 * Where the policy cannot be read the sentence is missing: the revocation does not fail for that.
 */
export async function totalsLost({ call }: CommandIo, { node_id }: PeerShape): Promise<string> {
  const policy = await call(getPolicy).catch(() => undefined)
  const totals = policy?.organisation?.totals
  const all = totals ? [totals, ...totals.former] : []
  return all.some(({ aggregators }) => aggregators.some((one) => one.node_id === node_id))
    ? ' Readers no longer show totals that it signed; after `karo leave` there they would.'
    : ''
}

/** One line for people; what somebody has read nobody can call back. */
export function whatItHas({ received }: PeerAnswerShape): string {
  if (received === undefined) return 'It has received no summaries of this node.\n'
  const { summaries, emptied, fetched } = received
  return `It has received ${summaries} ${summaries === 1 ? 'summary' : 'summaries'} of this node, and may have kept their numbers. ${emptied} of them ${emptied === 1 ? 'was' : 'were'} replaced by editions without it; it fetched ${fetched} of these.\n`
}

/** The members that have the list with the key; while there is none, the list exists on this node only. */
export function whoKnows({ spread }: PeerAnswerShape): string {
  if (spread === undefined) return ''
  const { linked, have } = spread
  if (have > 0)
    return `${have} of ${linked} linked members ${have === 1 ? 'has' : 'have'} the revocation list by now; other members get it when they connect to a member that has it.\n`
  const why =
    linked === 0 ? 'no member is linked here' : `none of the ${linked} linked members has fetched it yet`
  return `No other member has the revocation list yet: ${why}. Keep this node running until a member is linked (karo peers); until then other members admit that key.\n`
}
