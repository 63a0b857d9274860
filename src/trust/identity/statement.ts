// Statements: what the holder of a key signed, as a frame that anybody can carry, keep and check later. The number of its kind is
// signed with it, so that a statement of one kind never counts as one of another.
import { sign, timingSafeEqual } from 'node:crypto'
import type { Message, WireBody } from '../../../protocols/define.ts'
import {
  bodyOf,
  CLOCK_WINDOW_MS,
  decodeFrame,
  encodeFrame,
  FrameError,
  messageTable,
  NONCE_BYTES,
} from '../../../protocols/frame.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { privateKeyObject, rawPublicKey } from './der.ts'
import { verifySignature } from './signature.ts'
import type { Identity } from './types.ts'

/** Who can say something: a node, a root, or an operator. */
export type Signer = Pick<Identity, 'publicKey' | 'sign'>

/** A key that only signs, such as that of a root: from a 32-byte Ed25519 seed, which the caller may wipe afterwards. */
export function signerFrom(seed: Uint8Array): Signer {
  const key = privateKeyObject('ed25519', seed)
  return {
    publicKey: rawPublicKey(key),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}

export interface Statement<B> {
  /** The Ed25519 key that signed it, 32 bytes, and its id. */
  readonly key: Uint8Array
  readonly by: NodeId
  /** By the clock of the signer, milliseconds since the epoch. */
  readonly ts: number
  readonly body: B
}

/** By object, not by content: bytes from a neighbour or from the disk are another object, whatever they say. */
const signed = new WeakSet<Uint8Array>()

/**
 * The frame of what `signer` says at `ts` (milliseconds since the epoch). The frame passes `verifierOf` without another look, so nobody
 * writes into it. FrameErrors: `malformed` for a body out of bounds, `too_large`.
 */
export function signStatement<B extends WireBody>(
  message: Message<B>,
  body: NoInfer<B>,
  signer: Signer,
  ts: number,
  random: Random,
): Uint8Array {
  // The body numbers a statement, so the envelope does not.
  const envelope = { sender: signer.publicKey, ts, nonce: random.bytes(NONCE_BYTES), seq: 0 }
  const frame = encodeFrame(message, envelope, body, (bytes) => signer.sign(bytes))
  signed.add(frame)
  return frame
}

/** How the signature of this frame is to be checked: a frame that this process signed a moment ago is not checked again. */
export const verifierOf = (frame: Uint8Array): typeof verifySignature =>
  signed.has(frame) ? () => true : verifySignature

/** A statement of this kind, its signature checked. FrameErrors: those of decodeFrame. */
export function verifyStatement<B extends WireBody>(message: Message<B>, bytes: Uint8Array): Statement<B> {
  const frame = decodeFrame(bytes, { messages: messageTable([message]), verify: verifierOf(bytes) })
  const { sender: key, ts } = frame.envelope
  return { key, by: formatNodeId(key), ts, body: bodyOf(frame, message) }
}

/** The same, or why the bytes are no statement of this kind. Never throws. */
export function readStatement<B extends WireBody>(
  message: Message<B>,
  bytes: Uint8Array,
): Statement<B> | 'malformed' | 'bad_signature' {
  try {
    return verifyStatement(message, bytes)
  } catch (error) {
    return error instanceof FrameError && error.code === 'bad_signature' ? 'bad_signature' : 'malformed'
  }
}

/** The same of this mesh, and by `key` where that is given; undefined for anything else. Never throws. */
export function statementIn<B extends WireBody & { readonly mesh: Uint8Array }>(
  message: Message<B>,
  bytes: Uint8Array,
  mesh: Uint8Array,
  key?: Uint8Array,
): Statement<B> | undefined {
  const said = readStatement(message, bytes)
  if (typeof said === 'string' || !isSame(said.body.mesh, mesh)) return undefined
  return key === undefined || isSame(said.key, key) ? said : undefined
}

/** Keys, hashes and frames are compared by their bytes. */
export const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && Buffer.compare(a, b) === 0

/** Compares proofs and hashes of secrets in a time that does not depend on where they differ. */
export const isSameSecret = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)

/** Signed further ahead than clocks may differ: it counts for nothing, or whoever has a wrong clock would keep others away. */
export const isFuture = (version: number, now: number): boolean => version > now + CLOCK_WINDOW_MS

/** The version of what replaces a statement of version `last` (ms; 0: there is none). One from the future says nothing about what comes after it. */
export const versionAfter = (last: number, now: number): number =>
  isFuture(last, now) ? now : Math.max(now, last + 1)

/** Why a statement with these times does not hold at `at`; undefined: it holds. A clock may be a little behind its signer's. */
export function timeFault(
  { not_before, not_after }: { readonly not_before: number; readonly not_after: number },
  at: number,
): 'not_yet_valid' | 'expired' | undefined {
  if (isFuture(not_before, at)) return 'not_yet_valid'
  return not_after <= at ? 'expired' : undefined
}
