// Looks for a member that does not answer where it was: asks the mesh, and keeps no link that was opened to ask.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Asking } from '../asking.ts'
import type { Put } from '../state/types.ts'
import { type Dht, type DhtDeps, loadDht } from './dht.ts'

export interface FinderDeps extends Omit<DhtDeps, 'dial'> {
  readonly asking: Pick<Asking, 'ask' | 'signalOf'>
  readonly put: Put
}

export type Finder = ReturnType<typeof createFinder>

export function createFinder(deps: FinderDeps) {
  /** Members that were dialed to ask them. */
  const dialed = new Set<NodeId>()
  let running = 0
  let dht: Dht | undefined

  const dial = async (node: NodeId): Promise<boolean> => {
    const isNeighbour = await deps.asking.ask(node, 'dial')
    if (isNeighbour) dialed.add(node)
    return isNeighbour
  }

  return {
    /** Before the host is made: gives the service that it answers look-ups with. */
    async load() {
      dht = await loadDht({ ...deps, dial })
      return dht.service
    },
    /** Followed by one `found` for this ask. Never rejects. */
    async find(ask: number, node: NodeId): Promise<void> {
      running++
      const addresses = (await dht?.find(node, deps.asking.signalOf(ask))) ?? []
      running--
      if (running === 0) {
        dialed.delete(node)
        for (const one of dialed) deps.put({ on: 'release', node: one })
        dialed.clear()
      }
      deps.put({ on: 'found', ask, addresses })
    },
    forget: async (node: NodeId) => dht?.forget(node),
  }
}
