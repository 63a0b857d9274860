// Signed heads: this node's signature over the newest entry, and so over all before it.
import { AuditHead, type AuditHeadBody } from '../../../protocols/messages/audit.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { SignedHead } from '../../store/tables/audit.ts'
import { readStatement, type Signer, signStatement } from '../identity/index.ts'

/** A document frame (AuditHead), so that anybody who keeps it can hold this node to it later. */
export function signHead(body: AuditHeadBody, identity: Signer, clock: Clock, random: Random): SignedHead {
  return { seq: body.seq, frame: signStatement(AuditHead, body, identity, clock.now(), random) }
}

/**
 * The hash (32 bytes; it covers the entry's number) that was signed, and the signer; undefined if the frame is not a
 * signed head. Number and time are as the head says itself.
 */
export function readHead(head: SignedHead) {
  const said = readStatement(AuditHead, head.frame)
  if (typeof said === 'string') return undefined
  const { hash, seq, ts } = said.body
  return { hash, seq, ts, signer: said.by }
}
