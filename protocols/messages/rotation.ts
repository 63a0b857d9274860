// Key rotation: a node's old key and its new one say together that the new one takes its place.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { bytes, timestamp } from './fields.ts'

/** The payload of one rotation. */
const ROTATION_BYTES = 384
/** The whole frame of one, as it stands in a Hello. */
export const ROTATION_FRAME_BYTES = ROTATION_BYTES + FRAME_OVERHEAD
/** Rotations that a Hello shows, the newest ones of its sender: older ones come as documents. */
export const ROTATIONS_SHOWN = 6

export const KeyRotation = defineMessage({
  type: 0x0300,
  name: 'KeyRotation',
  purpose:
    'Says that one key takes the place of another; signed by the old one, with a signature of the new one inside.',
  limit: ROTATION_BYTES,
  carried: 'document',
  body: z.object({
    old: bytes(32).describe('the key that is replaced, Ed25519; it signs the frame'),
    new: bytes(32).describe('the key that takes its place, Ed25519'),
    valid_from: timestamp('from when on the new key holds'),
    expires_at: timestamp('until when the old key is honoured beside it; at most a day later'),
    proof: bytes(64).describe(
      'signature of the new key over `karo-rotation-v1`, both keys, and both times as 64-bit big-endian numbers',
    ),
  }),
})
export type KeyRotationBody = z.infer<typeof KeyRotation.body>
