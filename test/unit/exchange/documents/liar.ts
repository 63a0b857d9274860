// A neighbour that answers what it likes: heads and documents as it makes them up.
import { bodyOf } from '../../../../protocols/frame.ts'
import {
  type SyncBatch,
  type SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../../protocols/messages/sync.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import type { Network, Node } from './network.ts'

export const headOf = (
  node: Node,
  kind: string,
  slot: string,
  version: number,
  frame: Uint8Array = new Uint8Array(1),
) => ({
  author: node.identity.publicKey,
  kind,
  slot,
  version,
  digest: blake3([frame]),
  hints: new Uint8Array(0),
})

/**
 * `liar` answers requests of `honest` with what `answer` makes of them, and no room of its own minds.
 * Returns what was asked.
 */
export function lies(
  network: Network,
  liar: Node,
  answer: (
    ask: SyncRequestBody['ask'],
    say: (message: typeof SyncOffer | typeof SyncBatch, body: object) => void,
  ) => void,
): SyncRequestBody[] {
  const asked: SyncRequestBody[] = []
  const { frame } = liar.handler
  liar.handler = {
    frame(peer, given) {
      if (given.message !== SyncRequest) return frame(peer, given)
      const body = bodyOf(given, SyncRequest)
      asked.push(body)
      answer(body.ask, (message, more) =>
        liar.say(network.byId(peer.nodeId), message, { id: body.id, ...more }),
      )
    },
  }
  return asked
}

export const INDEX = new Uint8Array(8).fill(9)
/** All that it has, in one page. */
export const offerOf = (heads: readonly object[]) => ({
  index: INDEX,
  after: 0,
  through: 1,
  end: true,
  heads,
})

export const summaryHead = (node: Node, frame: Uint8Array, now: number) => {
  const { kind, slot, version, hints } = readDocument(frame, now)
  return { ...headOf(node, kind, slot, version, frame), hints }
}
