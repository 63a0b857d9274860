// Peers that the test plays, and what a refusal looks like from their side.
import { type RawPeer, type RawStream, rawPeer } from './raw-peer.ts'

/** A refusal takes a round trip; on a machine with much else to do, a while. */
const RESET_MS = 30_000

/** Waits until the other side has reset the stream, or its connection: a refusal as it looks from outside. */
export function reset({ stream }: RawStream, what: string): Promise<void> {
  const gone = (): boolean => stream.status !== 'open' && stream.status !== 'closing'
  if (gone()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} was not refused`)), RESET_MS)
    stream.addEventListener('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export const hostilePeers = (count: number): Promise<RawPeer[]> =>
  Promise.all(Array.from({ length: count }, () => rawPeer()))
