// Frames that the encoder would not make: any payload bytes under a correct header and signature.
import { FRAME_VERSION, HEADER_BYTES, SIGNATURE_BYTES } from '../../../protocols/frame.ts'
import { signerOf } from './vectors.ts'

/** An identity for tests, the same every time. */
export const alice = signerOf(new Uint8Array(32).fill(1))
export const mallory = signerOf(new Uint8Array(32).fill(2))

export interface RawFrame {
  readonly type: number
  readonly payload: Uint8Array
  readonly sign?: (bytes: Uint8Array) => Uint8Array
  readonly version?: number
  /** Announced length, when it is not to be the payload's. */
  readonly length?: number
}

export function rawFrame({ type, payload, sign = alice.sign, version, length }: RawFrame): Uint8Array {
  const frame = Buffer.alloc(HEADER_BYTES + payload.length + SIGNATURE_BYTES)
  frame.write('KARO', 'latin1')
  frame.writeUInt16BE(version ?? FRAME_VERSION, 4)
  frame.writeUInt32BE(length ?? payload.length, 6)
  frame.writeUInt16BE(type, 10)
  frame.set(payload, HEADER_BYTES)
  frame.set(sign(frame.subarray(4, HEADER_BYTES + payload.length)), HEADER_BYTES + payload.length)
  return new Uint8Array(frame)
}
