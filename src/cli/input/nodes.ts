// Which nodes a person means: those they named, or all that wait; and which of them they should see before they agree.
import { explainPeer, getPeers } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { fingerprintWords } from '../../base/words/fingerprint-words.ts'
import { subnetTest } from '../../config/domains.ts'
import { subnetProblem } from '../../config/values.ts'
import {
  type Columns,
  type CommandIo,
  formatFingerprint,
  KaroError,
  nameless,
  nodesOf,
  usage,
} from '../kit.ts'

/** What people compare before they agree. */
export const COMPARED: Columns<PeerShape> = {
  NAME: { value: (peer) => peer.name || '–', shrink: true },
  FINGERPRINT: (peer) => formatFingerprint(peer.fingerprint),
  'IN WORDS': { value: (peer) => fingerprintWords(peer.fingerprint), wrap: true },
}

interface Chosen {
  /** As the daemon is asked: the word of the person, or the node id of a node that they agreed to. */
  readonly who: readonly string[]
  /** Nodes to be shown and agreed to first: several, or one by the name it gave itself. */
  readonly asks: readonly PeerShape[]
}

interface Wanted {
  readonly words: readonly string[]
  readonly pending: boolean | undefined
  readonly subnet: string | undefined
  /** The command, for errors. */
  readonly where: string
}

/** Throws KaroError `bad_request` for words that name nobody, or a subnet that is none; otherwise the daemon's errors. */
export async function chooseNodes(io: CommandIo, wanted: Wanted): Promise<Chosen> {
  const { words, pending, subnet, where } = wanted
  if (pending === true) {
    if (words.length > 0) throw usage('give nodes or --pending, not both', where)
    return agreed(await waitingIn(io, subnet, where))
  }
  const named = nodesOf(words)
  if (named.length === 0) throw nameless(where)
  const [only] = named
  if (named.length === 1 && only !== undefined && isKey(only)) return { who: [only], asks: [] }
  const peers = await peersNamed(io, named)
  // A name that people here chose is known to mean that key.
  if (peers.length === 1 && peers[0]?.name_chosen === true) return { who: named, asks: [] }
  return agreed(peers)
}

const agreed = (asks: readonly PeerShape[]): Chosen => ({ who: asks.map(({ node_id }) => node_id), asks })

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

/** An IP address, as it stands in a multiaddr, was proven by the connection over which the node was met. */
async function waitingIn(
  io: CommandIo,
  subnet: string | undefined,
  where: string,
): Promise<readonly PeerShape[]> {
  if (subnet !== undefined && subnetProblem(subnet) !== undefined)
    throw usage(`'${subnet}' is not a subnet such as 10.0.3.0/24`, where)
  const isIn = subnet === undefined ? () => true : subnetTest(subnet)
  const { peers } = await io.call(getPeers)
  const waiting = peers.filter(
    ({ state, addresses }) =>
      state === 'pending' && addresses.some((address) => isIn(address.split('/')[2] ?? '')),
  )
  if (waiting.length > 0) return waiting
  throw new KaroError('not_found', `no node waits${subnet ? ` in ${subnet}` : ''}`, {
    hint: 'karo peers pending shows the nodes that wait.',
  })
}
