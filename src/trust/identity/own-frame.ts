// Frames that this process signed itself a moment ago: the one kind of frame whose signature need not be checked.
import type { Message, WireBody } from '../../../protocols/define.ts'
import { type Envelope, encodeFrame } from '../../../protocols/frame.ts'
import { verifySignature } from './signature.ts'
import type { Identity } from './types.ts'

/** By object, not by content: bytes from a neighbour or from the disk are another object, whatever they say. */
const signed = new WeakSet<Uint8Array>()

/** As `encodeFrame`, signed by this node; what it returns passes `verifierOf` without another look. Nobody writes into it. */
export function signFrame<B extends WireBody>(
  message: Message<B>,
  envelope: Envelope,
  body: NoInfer<B>,
  identity: Pick<Identity, 'sign'>,
): Uint8Array {
  const frame = encodeFrame(message, envelope, body, (bytes) => identity.sign(bytes))
  signed.add(frame)
  return frame
}

/** How the signature of this frame is to be checked. */
export const verifierOf = (frame: Uint8Array): typeof verifySignature =>
  signed.has(frame) ? () => true : verifySignature
