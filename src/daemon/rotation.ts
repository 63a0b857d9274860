// Carries out a rotation of this node's key: announces it, lets members take it, and has the daemon begin anew under the new key.
import type { Timers } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import type { Log } from '../base/run/log.ts'
import type { Documents } from '../exchange/documents/index.ts'
import type { Identity, PendingRotation } from '../trust/identity/index.ts'

/** Between the announcement and the switch: members that are connected have the document within a second. */
const ANNOUNCED_MS = 3_000

export interface RotationDeps {
  readonly identity: Pick<Identity, 'nodeId' | 'pending'>
  readonly documents: Pick<Documents, 'publish'>
  /** Reads the key file again, for a rotation that was begun while this node runs. Throws KaroError. */
  readonly reread: () => PendingRotation | undefined
  /** Takes the rotation back that the key file holds and that was told to nobody. */
  readonly abandon: () => void
  /** An issuer's key stands in the certificates of others. */
  readonly isIssuer: () => boolean
  readonly timers: Timers
  readonly log: Log
  /** Ends this run of the daemon; the next one is `next`. */
  readonly onSwitch: (next: Identity) => void
}

export interface OwnRotation {
  /** Goes on with a rotation that was begun before this start. */
  resume(): Promise<void>
  /**
   * Carries out the one that the key file holds. Resolves with the new identity when it is announced. KaroErrors:
   * `not_found` when there is none, `refused` on an issuer.
   */
  begin(): Promise<{ readonly next: Identity; readonly switchInMs: number }>
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
    throw new KaroError('refused', 'this node is an issuer: its key stands in the certificates of others', {
      hint: 'Make another node an issuer (karo ca renew there, with the root key), have it certify each machine anew (karo ca assign), then revoke this one (karo ca revoke) and give it another key (karo identity new, karo join).',
    })
  }

  return {
    async resume() {
      if (identity.pending === undefined) return
      try {
        refuseIssuer()
        await carryOut(identity.pending)
      } catch (error) {
        log.error({ reason: String(error) }, 'the rotation of the key that was begun does not go on')
      }
    },
    async begin() {
      const pending = deps.reread()
      if (pending === undefined) throw new KaroError('not_found', 'no rotation of the key was begun')
      refuseIssuer()
      await carryOut(pending)
      return { next: pending.identity, switchInMs: ANNOUNCED_MS }
    },
    stop() {
      cancel?.()
    },
  }
}
