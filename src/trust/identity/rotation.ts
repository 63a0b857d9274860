// A rotation as bytes: signed by both keys, and read again only when both signatures and its times hold.
import { bodyOf, decodeFrame, FrameError, messageTable } from '../../../protocols/frame.ts'
import { KeyRotation } from '../../../protocols/messages/rotation.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import type { Random } from '../../base/clock.ts'
import { orElse } from '../../base/run/or-else.ts'
import { hasSmallOrder, verifySignature } from './signature.ts'
import { isFuture, isSame, type Signer, signStatement, verifyStatement } from './statement.ts'

/** How long the old key is accepted beside the new one, at most. */
export const GRACE_MS = DAY_MS
const DOMAIN = Buffer.from('karo-rotation-v1')

export interface Rotation {
  readonly from: NodeId
  readonly to: NodeId
  /** Milliseconds since the epoch: until when the old key is accepted. */
  readonly until: number
}

/** A whole frame. `now`: milliseconds since the epoch. */
export function signRotation(old: Signer, next: Signer, now: number, random: Random): Uint8Array {
  const times = { valid_from: now, expires_at: now + GRACE_MS }
  const fields = { old: old.publicKey, new: next.publicKey, ...times }
  return signStatement(KeyRotation, { ...fields, proof: next.sign(signedByNext(fields)) }, old, now, random)
}

/**
 * The content of a rotation. FrameErrors: those of decodeFrame; `malformed` if the frame is not by the old key, if both
 * keys are the same, or if the old key would be accepted for longer than a day; `bad_signature` if the new key did not
 * sign the same fields; `stale` if its time is further in the future than clocks may differ.
 */
export function readRotation(frame: Uint8Array, now: number): Rotation {
  const { key, body } = verifyStatement(KeyRotation, frame)
  const { old, new: next, valid_from, expires_at, proof } = body
  if (!isSame(key, old)) throw new FrameError('malformed', 'another key than the old one signed it')
  if (isSame(old, next)) throw new FrameError('malformed', 'both keys are one')
  const grace = expires_at - valid_from
  if (grace < 0 || grace > GRACE_MS) throw new FrameError('malformed', 'its times')
  if (hasSmallOrder(next) || !verifySignature(next, signedByNext(body), proof))
    throw new FrameError('bad_signature', 'the new key did not sign it')
  if (isFuture(valid_from, now)) throw new FrameError('stale', 'the rotation is from the future')
  return { from: formatNodeId(old), to: formatNodeId(next), until: expires_at }
}

/**
 * The node whose key the rotation claims to replace; no signature is verified. Undefined: the frame is not a rotation.
 */
export function authorOfRotation(frame: Uint8Array): NodeId | undefined {
  return orElse(
    () =>
      formatNodeId(
        bodyOf(decodeFrame(frame, { messages: messageTable([KeyRotation]), verify: () => true }), KeyRotation)
          .old,
      ),
    undefined,
  )
}

function signedByNext(fields: {
  readonly old: Uint8Array
  readonly new: Uint8Array
  readonly valid_from: number
  readonly expires_at: number
}): Uint8Array {
  const times = Buffer.alloc(16)
  times.writeBigUInt64BE(BigInt(fields.valid_from), 0)
  times.writeBigUInt64BE(BigInt(fields.expires_at), 8)
  return Buffer.concat([DOMAIN, fields.old, fields.new, times])
}
