// The side of a machine that joins: it keeps the invite until its inviter has answered, and believes nobody else.
import type { Granted } from '../../../../protocols/messages/hello.ts'
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { localTime } from '../../../base/format.ts'
import type { JoiningRecord } from '../../../store/tables/fleet.ts'
import { meshOf } from '../sign.ts'
import { verifyChain } from '../verify.ts'
import { acceptProof, commitmentTo, joinProof, keysOf, parseCode, sameProof } from './invite-code.ts'

/** Addresses to look for the inviter at. */
const PLACES_MAX = 16

/** Throws KaroError: `bad_request` for no code, `refused` for one that has ended. */
export function joiningOf(
  code: string,
  { root, places }: { readonly root?: Uint8Array | undefined; readonly places: readonly string[] },
  now: number,
): JoiningRecord {
  const invitation = parseCode(code)
  if (invitation === undefined) {
    throw new KaroError('bad_request', 'this is no invite: a digit of it is wrong, or some are missing', {
      hint: 'Copy the whole code as it was shown where it was made; small letters, spaces and dashes do not matter.',
    })
  }
  if (invitation.expires_at <= now) {
    const ended = localTime(new Date(invitation.expires_at).toISOString())
    throw new KaroError('refused', `this invite ended at ${ended} by this machine's clock: ask for a new one`)
  }
  const { secret, commitment, expires_at } = invitation
  const all = [...new Set([...places, ...invitation.places])].slice(0, PLACES_MAX)
  return { secret, commitment, expires_at, root: root ?? null, places: all }
}

/** Whether the code commits its inviter to this key. */
export function isInviter({ commitment }: JoiningRecord, node: NodeId): boolean {
  const key = parseNodeId(node)
  return key !== undefined && sameProof(commitmentTo(key), commitment)
}

/** The proof that this node, with the key `self`, shows the issuer of its invite. */
export function joinOf(joining: JoiningRecord, self: Uint8Array, inviter: NodeId) {
  const { id, key } = keysOf(joining.secret)
  const terms = { joiner: self, inviter: parseNodeId(inviter) as Uint8Array, expires_at: joining.expires_at }
  return { id: Uint8Array.from(Buffer.from(id, 'hex')), proof: joinProof(key, terms) }
}

/** Why what the inviter granted is not believed; undefined when it is. */
export function grantFault(
  joining: JoiningRecord,
  self: Uint8Array,
  inviter: NodeId,
  { root, chain, proof }: Granted,
  clock: Pick<Clock, 'now'>,
): string | undefined {
  const terms = { joiner: self, inviter: parseNodeId(inviter) as Uint8Array, expires_at: joining.expires_at }
  if (!sameProof(acceptProof(keysOf(joining.secret).key, terms, root, chain), proof)) return 'proof'
  if (joining.root !== null && Buffer.compare(joining.root, root) !== 0) return 'root'
  const verdict = verifyChain(chain, {
    root: { key: root, mesh: meshOf(root) },
    at: clock.now(),
    isRevoked: () => false,
    key: self,
  })
  // Told apart from `expired` and `revoked`, which inviters say of an invite.
  return verdict.ok ? undefined : `certificate_${verdict.fault}`
}
