// Nodes that a list has just put out, and that are linked here: each keeps its link for a moment, to fetch what is emptied for it.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Log } from '../../../base/run/log.ts'

/** Steps before the link of a revoked or denied node is cut. */
interface Farewell {
  readonly isLinked: (node: NodeId) => boolean
  /**
   * Publishes this node's summaries again, without anything for `node`. Calls `begun` when it knows which ones these are;
   * from then on everybody may learn of the decision. Resolves within a bounded time, whether the node fetched the
   * editions or not.
   */
  readonly empty: (node: NodeId, begun: () => void) => Promise<unknown>
}

/** Nodes at one time. Of more the links are cut at once: a list names up to a thousand. */
const PARTING_MAX = 16

/** `tell`: the state of the node has changed; called when it loses its rights, and again when its link may be cut. */
export function createParting({ log, tell }: { readonly log: Log; readonly tell: (node: NodeId) => void }) {
  const parting = new Set<NodeId>()
  let farewell: Farewell | undefined

  async function part(node: NodeId, { empty }: Farewell): Promise<void> {
    try {
      await empty(node, () => tell(node))
    } catch (error) {
      log.warn(
        { peer: node, reason: String(error) },
        'a revoked node is cut off before its copies are emptied',
      )
    }
    parting.delete(node)
    tell(node)
  }

  return {
    /** From now on whom a list puts out is emptied first. */
    onParting(next: Farewell) {
      farewell = next
    },
    /**
     * True while a revoked node keeps its link for a moment. It has no right to any data any more. Cheap, because it is
     * asked for every frame.
     */
    isParting: (node: NodeId) => parting.has(node),
    /**
     * Returns the part of `nodes` that is linked here: each of them is announced when it has parted. The caller announces
     * all others at once.
     */
    begin(nodes: readonly NodeId[]): ReadonlySet<NodeId> {
      const leaving = new Set<NodeId>()
      if (farewell === undefined) return leaving
      for (const node of nodes) {
        if (parting.size >= PARTING_MAX) break
        if (parting.has(node) || !farewell.isLinked(node)) continue
        parting.add(node)
        leaving.add(node)
        void part(node, farewell)
      }
      return leaving
    },
  }
}
