// The KARO frame, the unit of everything that is sent or kept: header, signed payload, signature.
import * as z from 'zod'
import { conform } from './conform.ts'
import type { Message, WireBody } from './define.ts'
import { decodeValue, encodeValue } from './messagepack.ts'
import { bytes as bin, isSame, timestamp, uint } from './messages/fields.ts'
import { PUBLIC_KEY_BYTES } from './node-id.ts'
import { FrameError } from './reject.ts'

export { FrameError, REJECT_CODES, REJECTIONS, type RejectCode } from './reject.ts'

/*
 * offset 0  magic    4  "KARO"
 *        4  version  2  big-endian
 *        6  length   4  big-endian, payload bytes
 *       10  type     2  big-endian
 *       12  payload  length  MessagePack map: the envelope, and the body in it
 *  12+length  signature 64  Ed25519 by the sender over version, length, type and payload
 * (ADR-002, Appendix A.)
 */
const MAGIC = Uint8Array.of(0x4b, 0x41, 0x52, 0x4f)
export const FRAME_VERSION = 1
export const HEADER_BYTES = 12
export const SIGNATURE_BYTES = 64
/** Bytes of a frame besides its payload. */
export const FRAME_OVERHEAD = HEADER_BYTES + SIGNATURE_BYTES
/** What stands in the place of the signature where the connection proves the sender. */
export const UNSIGNED: Uint8Array = new Uint8Array(SIGNATURE_BYTES)
/** Where the signed part begins: everything but the magic and the signature itself. */
const SIGNED_FROM = MAGIC.length

export const NONCE_BYTES = 16
/** How far a sender's clock may be off, either way: outside it a hop frame, or a document from the future, is stale. */
export const CLOCK_WINDOW_MS = 5 * 60_000
export const TRACE_BYTES = 16

/** Sender, time, and the numbers that make this frame unique. */
export interface Envelope {
  /** Ed25519 public key, 32 bytes. */
  readonly sender: Uint8Array
  /** The sender's clock, milliseconds since the epoch. */
  readonly ts: number
  /** 16 random bytes. */
  readonly nonce: Uint8Array
  /** `hop`: strictly increasing per sender and stream. `document`: 0, its body has its own version. */
  readonly seq: number
  /** 16 bytes that tie the log lines of several nodes together. */
  readonly trace?: Uint8Array | undefined
}

export interface Frame {
  readonly type: number
  readonly message: Message
  readonly envelope: Envelope
  /** The body as the message's schema read it; `bodyOf` gives it its type back. */
  readonly body: unknown
  /** The whole frame as received, so that anybody can verify it again later. */
  readonly bytes: Uint8Array
}

/** Message numbers and what they stand for: those of one stream, or all of them. */
export type MessageTable = ReadonlyMap<number, Message>

/** Throws RangeError when two messages share a number. */
export function messageTable(messages: Iterable<Message>): MessageTable {
  const table = new Map<number, Message>()
  for (const message of messages) {
    if (table.has(message.type)) throw new RangeError(`${message.name}: its number is taken`)
    table.set(message.type, message)
  }
  return table
}

const envelopeFields = {
  sender: bin(PUBLIC_KEY_BYTES),
  ts: timestamp(),
  nonce: bin(NONCE_BYTES),
  seq: uint(),
  trace: bin(TRACE_BYTES).optional(),
}
const envelopeSchema = z.object(envelopeFields)
const payloadSchema = z.object({
  ...envelopeFields,
  body: z.custom<WireBody>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected a map',
  ),
})

/**
 * The frame of `body`, signed by `sign` (which must be `envelope.sender`'s key, 64 bytes out).
 * Only what the message's schema names is written: members it does not know are left out.
 * FrameError `malformed` when the body does not fit the schema, `too_large` when it exceeds the message's limit.
 */
export function encodeFrame<B extends WireBody>(
  message: Message<B>,
  envelope: Envelope,
  body: NoInfer<B>,
  sign: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const payload = encodeValue({
    ...conform(envelopeSchema, envelope),
    body: conform(message.body, body),
  })
  if (payload.length > message.limit) {
    throw new FrameError('too_large', `${message.name} of ${payload.length} bytes, at most ${message.limit}`)
  }
  const frame = new Uint8Array(FRAME_OVERHEAD + payload.length)
  const view = new DataView(frame.buffer)
  frame.set(MAGIC)
  view.setUint16(4, FRAME_VERSION)
  view.setUint32(6, payload.length)
  view.setUint16(10, message.type)
  frame.set(payload, HEADER_BYTES)
  const signed = HEADER_BYTES + payload.length
  const signature = sign(frame.subarray(SIGNED_FROM, signed))
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError('an Ed25519 signature has 64 bytes')
  frame.set(signature, signed)
  return frame
}

export interface FrameHeader {
  readonly message: Message
  /** Bytes of the whole frame. */
  readonly frameBytes: number
}

/**
 * Judges the 12 header bytes, cheapest check first: magic, version, length against that type's limit, type.
 * FrameErrors: `bad_magic`, `bad_version`, `too_large`, `unknown_type`; `malformed` when there are fewer than 12.
 */
export function readHeader(bytes: Uint8Array, messages: MessageTable): FrameHeader {
  for (let index = 0; index < MAGIC.length && index < bytes.length; index++) {
    if (bytes[index] !== MAGIC[index]) throw new FrameError('bad_magic', 'not a KARO frame')
  }
  if (bytes.length < HEADER_BYTES) throw new FrameError('malformed', 'truncated header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  const version = view.getUint16(4)
  if (version !== FRAME_VERSION) throw new FrameError('bad_version', `frame version ${version}`)
  const length = view.getUint32(6)
  const type = view.getUint16(10)
  const message = messages.get(type)
  if (message === undefined) throw new FrameError('unknown_type', `message 0x${type.toString(16)}`)
  if (length > message.limit) {
    throw new FrameError('too_large', `${message.name} of ${length} bytes, at most ${message.limit}`)
  }
  return { message, frameBytes: FRAME_OVERHEAD + length }
}

export interface DecodeOptions {
  /** The messages that may arrive here. */
  readonly messages: MessageTable
  /** Ed25519: is `signature` (64 bytes) that of `publicKey` (32 bytes) over `bytes`? */
  readonly verify: (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean
  /**
   * The key that the connection has proven, on a stream whose hop frames rest on that: they must name it as their sender, and
   * their signature must be empty. Documents are verified all the same.
   */
  readonly proven?: Uint8Array | undefined
  /** Judges an envelope that nobody has verified, so that a flood costs no signatures. Throws FrameError to refuse. */
  readonly bound?: (envelope: Envelope) => void
  /**
   * Judges a correctly signed envelope before the body is looked at: clock window, nonce, sequence, sender.
   * Throws FrameError to refuse.
   */
  readonly admit?: (message: Message, envelope: Envelope) => void
}

/**
 * Decodes one whole frame. Every rejection is a FrameError; the order is header, bounded scan and unpack,
 * envelope, `bound`, signature, `admit`, body, so that the dear checks are reached by few.
 */
export function decodeFrame(bytes: Uint8Array, options: DecodeOptions): Frame {
  const { message, frameBytes } = readHeader(bytes, options.messages)
  if (bytes.length !== frameBytes) throw new FrameError('malformed', 'the length is not the frame’s')
  const signedTo = frameBytes - SIGNATURE_BYTES
  const payload = conform(payloadSchema, decodeValue(bytes.subarray(HEADER_BYTES, signedTo)))
  const { body, ...envelope } = payload as Envelope & { body: unknown }
  options.bound?.(envelope)
  if (options.proven !== undefined && message.carried === 'hop') {
    checkProven(envelope.sender, bytes.subarray(signedTo), options.proven)
  } else if (!isSigned(bytes, signedTo, envelope.sender, options.verify)) {
    throw new FrameError('bad_signature', message.name)
  }
  options.admit?.(message, envelope)
  return { type: message.type, message, envelope, body: conform(message.body, body), bytes }
}

/** What another node said to somebody else is nothing here: only the neighbour itself is proven by the connection. */
function checkProven(sender: Uint8Array, signature: Uint8Array, proven: Uint8Array): void {
  if (!isSame(sender, proven)) throw new FrameError('not_admitted', 'the sender is not the stream’s peer')
  if (!isSame(signature, UNSIGNED)) throw new FrameError('bad_signature', 'a signature where none belongs')
}

/** A verifier that throws (a key it cannot load) has not verified. */
function isSigned(
  bytes: Uint8Array,
  signedTo: number,
  sender: Uint8Array,
  verify: DecodeOptions['verify'],
): boolean {
  try {
    return verify(sender, bytes.subarray(SIGNED_FROM, signedTo), bytes.subarray(signedTo))
  } catch {
    return false
  }
}

/** The body of a frame of that message. Throws TypeError when it is another message's: a mistake of ours. */
export function bodyOf<B extends WireBody>(frame: Frame, message: Message<B>): B {
  if (frame.message !== message) throw new TypeError(`${frame.message.name} is not ${message.name}`)
  return frame.body as B
}
