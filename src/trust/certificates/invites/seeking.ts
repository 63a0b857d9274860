// The invite that this node is using: kept until its inviter has answered, or until it ends.
import type { Granted } from '../../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import type { Ambient } from '../../../base/run/ambient.ts'
import { createListeners } from '../../../base/run/listeners.ts'
import type { JoiningRecord } from '../../../store/tables/fleet.ts'
import type { Identity } from '../../identity/index.ts'
import { grantFault, isInviter, joinOf } from './joining.ts'

export interface Seeking {
  /** Fires when another invite is used than before, or none any more. */
  onBegin(listener: () => void): () => void
  /** The invite that is being used, and why the last one was not taken; from the store, or as a person says. */
  begin(joining: JoiningRecord | undefined): void
  joining(): JoiningRecord | undefined
  /** A new number for each invite, because this node may have met the issuer before for another invite. */
  attempt(): number
  /** There is an enrolment file, and it cannot be used: told as a refusal, `enrolment_file`. */
  unusable(error: unknown): void
  /** Why there is no certificate; for a file also what is wrong with it. */
  refusal(): { readonly refused: string | null; readonly detail: string | null }
  /** Whether `node` may be the inviter. */
  seeks(node: NodeId): boolean
  /** The proof that goes to the inviter, and to nobody else. */
  shown(to: NodeId): ReturnType<typeof joinOf> | undefined
  answered(
    node: NodeId,
    answer: { readonly granted?: Granted | undefined; readonly invite_refused?: string | undefined },
  ): void
  /** Gives up an invite that has ended by `now`. */
  expire(now: number): void
}

export interface SeekingDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly identity: Pick<Identity, 'publicKey'>
  /** Whether this node belongs to the mesh of another root. */
  readonly isOther: (root: Uint8Array) => boolean
  /** The inviter granted a certificate that is believed; what begins with it also ends the search. */
  readonly granted: (root: Uint8Array, chain: readonly Uint8Array[]) => void
  /** The invite is of no use any more. */
  readonly ended: () => void
}

export function createSeeking({ identity, clock, log, isOther, granted, ended }: SeekingDeps): Seeking {
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

  return {
    onBegin: begun.on,
    begin(next) {
      joining = next
      refused = null
      detail = null
      attempt++
      begun.tell()
    },
    attempt: () => attempt,
    joining: () => joining,
    unusable(error) {
      refused = 'enrolment_file'
      // Only what this program says itself is known to hold nothing of the file.
      detail = error instanceof KaroError ? error.message : null
      log.error({ reason: String(error) }, 'the enrolment file cannot be used')
    },
    refusal: () => ({ refused, detail }),
    seeks: (node) => joining !== undefined && isInviter(joining, node),
    shown: (to) =>
      joining !== undefined && isInviter(joining, to) ? joinOf(joining, identity.publicKey, to) : undefined,

    answered(node, answer) {
      if (joining === undefined || !isInviter(joining, node)) return
      if (answer.granted === undefined) {
        if (answer.invite_refused === undefined) return
        refused = answer.invite_refused
        log.warn({ peer: node, why: refused }, 'the inviter did not take the invite')
        // After any other answer the invite will not be taken later either.
        if (refused !== 'busy' && refused !== 'no_issuer') end(refused)
        return
      }
      const { root, chain } = answer.granted
      const fault =
        grantFault(joining, identity.publicKey, node, answer.granted, clock) ??
        (isOther(root) ? 'root' : undefined)
      if (fault === undefined) {
        granted(root, chain)
        return
      }
      refused = fault
      log.warn({ peer: node, why: fault }, 'what the inviter answered is not believed')
    },

    expire(now) {
      if (joining !== undefined && joining.expires_at <= now) end('expired')
    },
  }
}
