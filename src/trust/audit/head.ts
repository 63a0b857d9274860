// Signed heads: this node's signature over the newest entry, and so over all before it.
import { decodeFrame, FrameError, messageTable, NONCE_BYTES } from '../../../protocols/frame.ts'
import { AuditHead, type AuditHeadBody } from '../../../protocols/messages/audit.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { SignedHead } from '../../store/tables/audit.ts'
import { type Identity, signFrame, verifySignature } from '../identity/index.ts'

const HEADS = messageTable([AuditHead])

/** A document frame (AuditHead), so that anybody who keeps it can hold this node to it later. */
export function signHead(
  body: AuditHeadBody,
  identity: Pick<Identity, 'publicKey' | 'sign'>,
  clock: Clock,
  random: Random,
): SignedHead {
  const envelope = {
    sender: identity.publicKey,
    ts: clock.now(),
    nonce: random.bytes(NONCE_BYTES),
    // A document is numbered by its body.
    seq: 0,
  }
  return { seq: body.seq, frame: signFrame(AuditHead, envelope, body, identity) }
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
    const { envelope, body } = decodeFrame(head.frame, { messages: HEADS, verify: verifySignature })
    const { hash, seq, ts } = body as AuditHeadBody
    return { hash, seq, ts, signer: formatNodeId(envelope.sender) }
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}
