// Bytes as hexadecimal digits, the way identifiers and digests are written everywhere.

/** Two lower-case digits a byte. */
export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
