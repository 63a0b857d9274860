// Why a frame is refused: one typed code per reason, counted and matched by code, never by text.

/** Every code and what it means; also the table in docs/protocols.md. */
export const REJECTIONS = {
  bad_magic: 'The bytes do not start with "KARO".',
  bad_version: 'A frame version this node does not speak.',
  too_large: 'The announced payload is larger than its type allows.',
  unknown_type: 'No message of that number on this stream.',
  bad_signature: "The signature is not the sender's over these bytes.",
  malformed: "Truncated, not canonical MessagePack, or not what the message's schema says.",
  stale: "The sender's clock is more than five minutes away from the receiver's.",
  replayed: 'The nonce was seen before.',
  out_of_order: 'The sequence number did not grow.',
  not_admitted: 'The sender may not use this stream, or is not who the connection says.',
  rate_limited: "More frames than the stream's quota.",
} as const
export type RejectCode = keyof typeof REJECTIONS
export const REJECT_CODES = Object.keys(REJECTIONS) as readonly RejectCode[]

/** A frame was refused. `message` is for logs; nothing of the frame's content is in it. */
export class FrameError extends Error {
  readonly code: RejectCode
  /** With `stale`, when the sender's own clock is off: that clock minus the receiver's, ms. */
  readonly clockOffMs: number | undefined

  constructor(code: RejectCode, detail: string, clockOffMs?: number) {
    super(`${code}: ${detail}`)
    this.name = 'FrameError'
    this.code = code
    this.clockOffMs = clockOffMs
  }
}
