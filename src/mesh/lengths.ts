// The end of what arrived is found without an error of its own each time.

/** Members of Noise's stream that libp2p's types leave out. */
interface Decoding {
  readonly decoder?: { lengthDecoder(data: { readonly byteLength: number }): number }
}

/** Bytes of the length in front of each message of Noise (Noise specification, section 3). */
const LENGTH_BYTES = 2
/** One for all times, because the trace of a new one takes longer than to decrypt a short message. libp2p's decoder goes by its type. */
const NO_LENGTH_YET = Object.freeze(new RangeError('the length of the next message has not arrived'))

/**
 * libp2p's decoder learns by a RangeError that no whole length is left, which is so behind the last message of each read. A
 * connection that is encrypted by TLS has no such decoder.
 */
export function endQuietly(encrypted: object): void {
  const { decoder } = encrypted as Decoding
  if (decoder === undefined) return
  const decode = decoder.lengthDecoder
  decoder.lengthDecoder = (data) => {
    if (data.byteLength < LENGTH_BYTES) throw NO_LENGTH_YET
    return decode(data)
  }
}
