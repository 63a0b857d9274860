// The plaintext inside a Response: canonical MessagePack of a SealedAnswer, before sealing and after opening.
import { conform } from './conform.ts'
import { decodeValue, encodeValue } from './messagepack.ts'
import { SEALED_BYTES, type SealedAnswer, sealedAnswer } from './messages/query.ts'
import { FrameError } from './reject.ts'

/** Most bytes of an answer; sealing adds a key and a tag, for which 64 bytes are plenty. */
export const ANSWER_BYTES = SEALED_BYTES - 64

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > ANSWER_BYTES) throw new FrameError('too_large', `an answer of ${bytes.length} bytes`)
  return bytes
}

/** Only what the schema names is written. FrameErrors: `malformed` when it does not fit, `too_large`. */
export function encodeAnswer(answer: SealedAnswer): Uint8Array {
  return bounded(encodeValue(conform(sealedAnswer, answer)))
}

/** An owner's words are no more trusted than a frame. FrameErrors: `malformed`, `too_large`; nothing else. */
export function decodeAnswer(bytes: Uint8Array): SealedAnswer {
  return conform(sealedAnswer, decodeValue(bounded(bytes)))
}
