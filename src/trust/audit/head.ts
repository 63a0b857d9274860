// Signed heads: this node's signature over the newest entry, and so over all before it.
import { FrameError } from '../../../protocols/frame.ts'
import { AuditHead, type AuditHeadBody } from '../../../protocols/messages/audit.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { SignedHead } from '../../store/tables/audit.ts'
import { type Signer, signStatement, verifyStatement } from '../identity/index.ts'

/** A document frame (AuditHead), so that anybody who keeps it can hold this node to it later. */
export function signHead(body: AuditHeadBody, identity: Signer, clock: Clock, random: Random): SignedHead {
  return { seq: body.seq, frame: signStatement(AuditHead, body, identity, clock.now(), random) }
}

/**
 * The hash (32 bytes; it covers the entry's number) that was signed, and the signer; undefined if the frame is not a
 * signed head.
 */
export function readHead(head: SignedHead):
  | {
      readonly hash: Uint8Array
      readonly signer: NodeId
      /** As the head says itself. */
      readonly seq: number
      readonly ts: number
    }
  | undefined {
  try {
    const { by, body } = verifyStatement(AuditHead, head.frame)
    return { hash: body.hash, seq: body.seq, ts: body.ts, signer: by }
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}
