// Carries out a rotation of this node's key: announces it, waits until members have it, and restarts the daemon under
// the new key.
import type { NodeId } from '../../protocols/node-id.ts'
import { KaroError } from '../base/errors.ts'
import type { Ambient } from '../base/run/ambient.ts'
import type { Documents } from '../exchange/documents/index.ts'
import type { Identity, PendingRotation } from '../trust/identity/index.ts'
import { type KeyState, takenBy } from '../trust/lineage/index.ts'

/** Between the announcement and the switch: members that are connected have the document within a second. */
const ANNOUNCED_MS = 3_000

export interface RotationDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly identity: Pick<Identity, 'nodeId' | 'former'>
  readonly documents: Pick<Documents, 'publish'>
  /** Reads the key file again, for a rotation that was begun while this node runs. Throws KaroError. */
  readonly reread: () => PendingRotation | undefined
  /** Undoes a rotation in the key file that was not announced to anybody. */
  readonly abandon: () => void
  /** The state of this node's own key, as this node knows it. */
  readonly standing: () => KeyState
  /** True when the key of this node was given this successor before, as this node's own documents say. */
  readonly isAnnounced: (next: NodeId) => boolean
  /** The key of an issuer is part of the certificates that it signed, so it cannot be rotated. */
  readonly isIssuer: () => boolean
  /** Ends this run of the daemon; the next one is `next`. */
  readonly onSwitch: (next: Identity) => void
}

export interface OwnRotation {
  /** Goes on with a rotation that was begun before this start. */
  resume(): Promise<void>
  /**
   * Carries out the rotation in the key file. Resolves with the new identity when it is announced. KaroErrors:
   * `not_found` if there is none; `refused` on an issuer, and if another successor of this key is known, unless
   * `contest` says that both are to be frozen.
   */
  begin(contest?: boolean): Promise<{ readonly next: Identity; readonly switchInMs: number }>
  stop(): void
}

export function createOwnRotation(deps: RotationDeps): OwnRotation {
  const { identity, documents, timers, log } = deps
  let cancel: (() => void) | undefined

  async function carryOut(pending: PendingRotation): Promise<void> {
    if (cancel !== undefined) return
    await documents.publish('key_rotation', pending.frame)
    log.info({ next: pending.identity.nodeId }, 'this node rotates its key')
    cancel ??= timers.after(ANNOUNCED_MS, () => deps.onSwitch(pending.identity))
  }

  const refuseIssuer = (): void => {
    if (!deps.isIssuer()) return
    deps.abandon()
    throw new KaroError('refused', 'this node is an issuer: its key is in the certificates of others', {
      hint: 'First another issuer (karo ca renew makes one) certifies its machines (karo ca assign --of) and revokes this one (karo ca revoke); karo ca show says how it goes on.',
    })
  }

  /** Two successors of one key are frozen everywhere until somebody decides. Nobody should cause that by mistake. */
  const refuseFork = (next: Identity): void => {
    // Taking back what others may have heard would make it no less known.
    if (deps.isAnnounced(next.nodeId)) return
    const taken = takenBy(deps.standing(), { ...identity, next: next.nodeId })
    if (taken === undefined) return
    deps.abandon()
    throw new KaroError('refused', `the key of this node was replaced already, by ${taken}`, {
      hint: 'Restored from an older backup? Restore a newer one, or: karo identity new --replace, and join again. Somebody else has the key? karo identity rotate --contest: neither of the two gets data until somebody decides.',
    })
  }

  return {
    async resume() {
      try {
        // Read anew: where the process restarted in the middle of a rotation, its identity is from before that rotation.
        const begun = deps.reread()
        if (begun === undefined) return
        refuseIssuer()
        refuseFork(begun.identity)
        await carryOut(begun)
      } catch (error) {
        log.error({ reason: String(error) }, 'the rotation of the key could not continue')
      }
    },
    async begin(contest = false) {
      const pending = deps.reread()
      if (pending === undefined) throw new KaroError('not_found', 'no rotation of the key is under way')
      refuseIssuer()
      if (!contest) refuseFork(pending.identity)
      await carryOut(pending)
      return { next: pending.identity, switchInMs: ANNOUNCED_MS }
    },
    stop() {
      cancel?.()
    },
  }
}
