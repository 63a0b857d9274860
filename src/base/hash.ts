// BLAKE3, the one hash of Karo: fingerprints, distinct commands, the audit chain.
import { createHash } from 'blake3-wasm'

/** BLAKE3 of the concatenated parts; `length` in bytes (default 32). */
export function blake3(parts: readonly (Uint8Array | string)[], length = 32): Uint8Array {
  const hasher = createHash()
  for (const part of parts) hasher.update(part)
  // digest() also frees the hasher's wasm memory.
  return hasher.digest({ length } as never) as unknown as Uint8Array
}
