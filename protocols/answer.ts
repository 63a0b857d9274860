// The plaintext inside a Response: canonical MessagePack of a SealedAnswer, before sealing and after opening.
import { decodeValue, encodeValue } from './messagepack.ts'
import { type SealedAnswer, sealedAnswer } from './messages/query.ts'
import { FrameError } from './reject.ts'

/** Only what the schema names is written. FrameError `malformed` when the answer does not fit it. */
export function encodeAnswer(answer: SealedAnswer): Uint8Array {
  return encodeValue(check(answer))
}

/** FrameError `malformed` for anything that is not one whole answer. */
export function decodeAnswer(bytes: Uint8Array): SealedAnswer {
  return check(decodeValue(bytes))
}

function check(value: unknown): SealedAnswer {
  const result = sealedAnswer.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new FrameError(
    'malformed',
    `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'does not fit'}`,
  )
}
