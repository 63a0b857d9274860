// Bytes as hexadecimal digits, as in identifiers and digests.

/** Two lower-case digits for each byte. */
export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
