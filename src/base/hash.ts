// BLAKE3, the one hash of Karo: fingerprints, distinct commands, the audit chain.
import { createHash, hash } from 'blake3-wasm'

/** BLAKE3 of the concatenated parts; `length` in bytes (default 32). */
export function blake3(parts: readonly (Uint8Array | string)[], length = 32): Uint8Array {
  const [only] = parts
  // A quarter of the time of a hasher, which has to be made and freed.
  if (parts.length === 1) return hash(only!, { length }) as Uint8Array
  const hasher = createHash()
  for (const part of parts) hasher.update(part)
  // digest() also frees the hasher's wasm memory.
  return hasher.digest({ length } as never) as unknown as Uint8Array
}

export type Hasher = ReturnType<typeof createHasher>

/** BLAKE3 of what comes piece by piece. */
export function createHasher() {
  const hasher = createHash()
  return {
    add: (part: Uint8Array) => void hasher.update(part),
    /**
     * BLAKE3 of all parts, 32 bytes. Callers have to call it once even if they no longer need the hash, because it frees
     * the memory of wasm.
     */
    end: () => hasher.digest({ length: 32 } as never) as unknown as Uint8Array,
  }
}
