// Why a frame is refused: one typed code per reason, counted and matched by code, never by text.

export const REJECT_CODES = [
  /** The bytes do not start with "KARO". */
  'bad_magic',
  /** A frame version this node does not speak. */
  'bad_version',
  /** The announced payload is larger than its type allows. */
  'too_large',
  /** No message of that number on this stream. */
  'unknown_type',
  /** The signature is not the sender's over these bytes. */
  'bad_signature',
  /** Truncated, not canonical MessagePack, or not what the message's schema says. */
  'malformed',
  /** The sender's clock is more than five minutes away. */
  'stale',
  /** The nonce was seen before. */
  'replayed',
  /** The sequence number did not grow. */
  'out_of_order',
  /** The sender may not use this stream, or is not who the connection says. */
  'not_admitted',
  /** More frames than the stream's quota. */
  'rate_limited',
] as const
export type RejectCode = (typeof REJECT_CODES)[number]

/** A frame was refused. `message` is for logs; nothing of the frame's content is in it. */
export class FrameError extends Error {
  readonly code: RejectCode

  constructor(code: RejectCode, detail: string) {
    super(`${code}: ${detail}`)
    this.name = 'FrameError'
    this.code = code
  }
}
