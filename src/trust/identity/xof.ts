// Bytes without an end that follow from others: TurboSHAKE128 (RFC 9861).
import { turboshake128 } from '@noble/hashes/sha3-addons.js'

/** What follows from the parts, one after the other, piece by piece; `domain` separates uses, 1 to 127. */
export function createXof(domain: number, parts: readonly Uint8Array[]): (length: number) => Uint8Array {
  const xof = turboshake128.create({ D: domain })
  for (const part of parts) xof.update(part)
  return (length) => xof.xof(length)
}
