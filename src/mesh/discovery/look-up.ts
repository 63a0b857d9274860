// Looks for a member that does not answer where it was: asks the mesh, notes what is new, keeps no link for it.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Book } from './book.ts'
import { type Dht, type DhtDeps, loadDht } from './dht.ts'

export interface FinderDeps extends Omit<DhtDeps, 'dial'> {
  readonly book: Pick<Book, 'addresses' | 'hear'>
  /** One dial to a member. True: it is a neighbour now. Never rejects. */
  readonly dial: (node: NodeId) => Promise<boolean>
  /** Ends a link that was opened to ask, unless it is wanted anyhow. */
  readonly release: (node: NodeId) => void
}

export interface Finder {
  readonly service: Dht['service']
  /** True: there is an address that was not known. Never rejects. */
  find(node: NodeId, signal: AbortSignal): Promise<boolean>
  forget(node: NodeId): Promise<void>
}

export async function createFinder(deps: FinderDeps): Promise<Finder> {
  const { book } = deps
  /** Dialed to ask them. */
  const asked = new Set<NodeId>()
  let running = 0
  const dht = await loadDht({
    ...deps,
    async dial(node) {
      const isNeighbour = await deps.dial(node)
      if (isNeighbour) asked.add(node)
      return isNeighbour
    },
  })

  return {
    service: dht.service,
    async find(node, signal) {
      running++
      const found = await dht.find(node, signal)
      running--
      if (running === 0) {
        asked.delete(node)
        for (const one of asked) deps.release(one)
        asked.clear()
      }
      const tried = book.addresses(node)
      const fresh = found.filter((address) => !tried.includes(address))
      book.hear(node, fresh)
      return fresh.length > 0
    },
    forget: dht.forget,
  }
}
