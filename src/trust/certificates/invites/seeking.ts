// The side of a machine that joins: it keeps the invite until its inviter has answered, or until it ends, and believes nobody else.
import type { Granted } from '../../../../protocols/messages/hello.ts'
import { keyOf, type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { localTime } from '../../../base/format.ts'
import type { Ambient } from '../../../base/run/ambient.ts'
import { createListeners } from '../../../base/run/listeners.ts'
import type { JoiningRecord } from '../../../store/tables/fleet.ts'
import { type Identity, isSame, isSameSecret } from '../../identity/index.ts'
import { meshOf } from '../sign.ts'
import { verifyChain } from '../verify.ts'
import { acceptProof, commitmentTo, joinProof, keysOf, parseCode } from './invite-code.ts'

/** Addresses to look for the inviter at. */
const PLACES_MAX = 16

interface SeekingDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly identity: Pick<Identity, 'publicKey'>
  /** Whether this node belongs to the mesh of another root. */
  readonly isOther: (root: Uint8Array) => boolean
  /** The inviter granted a certificate that is believed; what begins with it also ends the search. */
  readonly granted: (root: Uint8Array, chain: readonly Uint8Array[]) => void
  /** The invite is of no use any more. */
  readonly ended: () => void
}

export type Seeking = ReturnType<typeof createSeeking>

export function createSeeking({ identity, clock, log, isOther, granted, ended }: SeekingDeps) {
  const self = identity.publicKey
  let joining: JoiningRecord | undefined
  let refused: string | null = null
  let detail: string | null = null
  let attempt = 0
  const begun = createListeners<[]>()

  function end(why: string): void {
    joining = undefined
    refused = why
    detail = null
    ended()
  }

  /** The invite, if `node` may be its inviter: the code commits it to this key. */
  function inviteBy(node: NodeId): JoiningRecord | undefined {
    const key = parseNodeId(node)
    const isInviter =
      joining !== undefined && key !== undefined && isSameSecret(commitmentTo(key), joining.commitment)
    return isInviter ? joining : undefined
  }

  const termsOf = ({ expires_at }: JoiningRecord, inviter: NodeId) => ({
    joiner: self,
    inviter: keyOf(inviter),
    expires_at,
  })

  /** Why what the inviter granted is not believed; undefined when it is. */
  function grantFault(
    invite: JoiningRecord,
    inviter: NodeId,
    { root, chain, proof }: Granted,
  ): string | undefined {
    const accepted = acceptProof(keysOf(invite.secret).key, termsOf(invite, inviter), root, chain)
    if (!isSameSecret(accepted, proof)) return 'proof'
    if (invite.root !== null && !isSame(invite.root, root)) return 'root'
    const verdict = verifyChain(chain, {
      root: { key: root, mesh: meshOf(root) },
      at: clock.now(),
      isRevoked: () => false,
      key: self,
    })
    // Told apart from `expired` and `revoked`, which inviters say of an invite.
    if (!verdict.ok) return `certificate_${verdict.fault}`
    return isOther(root) ? 'root' : undefined
  }

  return {
    /** Fires when another invite is used than before, or none any more. */
    onBegin: begun.on,
    /** The invite that is being used, and why the last one was not taken; from the store, or as a person says. */
    begin(next: JoiningRecord | undefined): void {
      joining = next
      refused = null
      detail = null
      attempt++
      begun.tell()
    },
    joining: () => joining,
    /** A new number for each invite, because this node may have met the issuer before for another invite. */
    attempt: () => attempt,
    /** There is an enrolment file, and it cannot be used: told as a refusal, `enrolment_file`, or `expired` where its invite has ended. */
    unusable(error: unknown): void {
      refused = error instanceof KaroError && error.code === 'refused' ? 'expired' : 'enrolment_file'
      // Only what this program says itself is known to hold nothing of the file.
      detail = error instanceof KaroError ? error.message : null
      log.error({ reason: String(error) }, 'the enrolment file cannot be used')
    },
    /** Why there is no certificate; for a file also what is wrong with it. */
    refusal: () => ({ refused, detail }),
    /** Whether `node` may be the inviter. */
    seeks: (node: NodeId) => inviteBy(node) !== undefined,
    /** The proof that goes to the inviter, and to nobody else. */
    shown(to: NodeId) {
      const invite = inviteBy(to)
      if (invite === undefined) return undefined
      const { id, key } = keysOf(invite.secret)
      return { id: Uint8Array.from(Buffer.from(id, 'hex')), proof: joinProof(key, termsOf(invite, to)) }
    },

    answered(
      node: NodeId,
      answer: { readonly granted?: Granted | undefined; readonly invite_refused?: string | undefined },
    ): void {
      const invite = inviteBy(node)
      if (invite === undefined) return
      if (answer.granted === undefined) {
        if (answer.invite_refused === undefined) return
        refused = answer.invite_refused
        log.warn({ peer: node, why: refused }, 'the inviter did not take the invite')
        // After any other answer the invite will not be taken later either.
        if (refused !== 'busy' && refused !== 'no_issuer') end(refused)
        return
      }
      const { root, chain } = answer.granted
      const fault = grantFault(invite, node, answer.granted)
      if (fault === undefined) {
        granted(root, chain)
        return
      }
      refused = fault
      log.warn({ peer: node, why: fault }, 'what the inviter answered is not believed')
    },

    /** Gives up an invite that has ended by `now`. */
    expire(now: number): void {
      if (joining && joining.expires_at <= now) end('expired')
    },
  }
}

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
