// The nodes that words of a person name.
import { explainPeer } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import type { CommandIo } from '../kit.ts'

/** The nodes that these words name, each once. Throws the daemon's errors. */
export async function peersNamed(io: CommandIo, words: readonly string[]): Promise<readonly PeerShape[]> {
  const peers = new Map<string, PeerShape>()
  for (const who of words) {
    const { peer } = await io.call(explainPeer, { query: { who } })
    peers.set(peer.node_id, peer)
  }
  return [...peers.values()]
}

/** A node id or a fingerprint, which nobody can claim; any other word may be the name that a node gave itself. */
export const isKey = (word: string): boolean =>
  word.startsWith('karo:') || /^[0-9a-f]{16}$/i.test(word.replace(/[\s:-]/g, ''))
