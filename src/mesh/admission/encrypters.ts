// How a connection is encrypted and the key behind it proven: Noise XX, or TLS 1.3 as libp2p defines it.
import type { Libp2pOptions } from 'libp2p'
import type { Security } from '../../config/index.ts'

/** In the order given, which is the order a dialer proposes them in. Each is loaded when it is asked for. */
export function encrypters(
  security: readonly Security[],
): Promise<NonNullable<Libp2pOptions['connectionEncrypters']>> {
  return Promise.all(
    security.map(async (name) =>
      name === 'noise'
        ? (await import('@chainsafe/libp2p-noise')).noise()
        : (await import('@libp2p/tls')).tls(),
    ),
  )
}

/** Whether a dial failed because the other side speaks none of the encryptions offered; of several addresses, at one. */
export function hasNoCommonEncryption(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(hasNoCommonEncryption)
  // libp2p has no name of its own for it: any other failure of the handshake has another message.
  return (
    error instanceof Error &&
    error.name === 'EncryptionFailedError' &&
    error.message.includes('could not negotiate')
  )
}
