// Rows of artifacts as facts: the hashes of their pieces, their beginning as text, and what people see.
import { blake3 } from '../../base/hash.ts'
import type { ArtifactRow } from '../../store/tables/artifacts.ts'
import { type Artifact, PIECE_BYTES, PREVIEW_CHARS } from './types.ts'

const HASH_BYTES = 32

export const hashesOf = ({ pieces }: ArtifactRow): readonly Uint8Array[] =>
  Array.from({ length: pieces.length / HASH_BYTES }, (_, i) =>
    pieces.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  )

/** Bytes of piece `i` of an artifact of `size` bytes: all are of one length but the last one. */
export const lengthOf = (i: number, size: number): number => Math.min(PIECE_BYTES, size - i * PIECE_BYTES)

/** Null for what is no text in UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  // The end of a piece may be in the middle of a character, which is left out.
  const text = new TextDecoder().decode(bytes, { stream: true })
  return text.includes('\ufffd') ? null : text.slice(0, PREVIEW_CHARS)
}

export const artifactOf = ({ pieces: _, ...row }: ArtifactRow): Artifact => row

/** Whether these are the bytes that were named by this BLAKE3 hash. */
export const isWhole = (bytes: Uint8Array | undefined, hash: Uint8Array): boolean =>
  bytes !== undefined && Buffer.from(blake3([bytes])).equals(hash)
