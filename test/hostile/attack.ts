// What an attack is: something hostile that goes on until it is told to end, in a process of its own beside the node's.
import type { Connection } from '@libp2p/interface'
import type { Identity } from '../../src/trust/identity/index.ts'
import { type RawPeer, type RawStream, rawPeer } from '../support/mesh/raw-peer.ts'

export interface Place {
  /** Where the victim listens. */
  readonly address: { readonly host: string; readonly port: number }
  /** The victim's spool directory. */
  readonly spool: string
  /** Of `member`: the victim trusts it. */
  readonly identity: Identity
  readonly seed: number
}

export interface Attack {
  readonly name: string
  /** Who can do it; a member is trusted by the victim, another account has the same machine. */
  readonly by: 'stranger' | 'member' | 'account'
  /** How many attack at the same time, each in a process of its own. */
  readonly attackers: number
  readonly does: string
  /** Goes on until `signal`; calls `begun` with its first deed. Resolves with what it has done, by name. */
  run(place: Place, signal: AbortSignal, begun: () => void): Promise<Readonly<Record<string, number>>>
}

/** One turn of the event loop: what came in is read, and the signal is heard. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** The same without a processor meanwhile, which an attacker shares with the node. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

/** Admission of a member's connection; rejects at once when the node hangs up, or at `signal`. */
async function joined(peer: RawPeer, connection: Connection, signal: AbortSignal): Promise<RawStream> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const end = (): void => reject(new Error('hung up on'))
  signal.addEventListener('abort', end)
  connection.addEventListener('close', end)
  if (signal.aborted || connection.status !== 'open') end()
  try {
    return await Promise.race([peer.join(connection), over])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** Joins as a member and does `deeds` on the connection, again and again whenever the node hangs up, until `signal`. */
export async function asMember(
  { address, identity }: Place,
  signal: AbortSignal,
  deeds: (peer: RawPeer, connection: Connection, control: RawStream) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const peer = await rawPeer(identity)
    try {
      const connection = await peer.dial(address)
      await deeds(peer, connection, await joined(peer, connection, signal))
    } catch {
      // Hung up on.
    } finally {
      await peer.stop()
    }
  }
}
