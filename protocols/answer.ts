// The plaintext inside a Response: canonical MessagePack of a SealedAnswer, before sealing and after opening.
import { type Codec, codec } from './codec.ts'
import { SEALED_BYTES, type SealedAnswer, sealedAnswer } from './messages/query.ts'

/** Most bytes of an answer; sealing adds a key and a tag, for which 64 bytes are plenty. */
export const ANSWER_BYTES = SEALED_BYTES - 64

export const { encode: encodeAnswer, decode: decodeAnswer }: Codec<SealedAnswer> = codec(
  sealedAnswer,
  'answer',
  ANSWER_BYTES,
)
