// One dial to somebody who is needed now, and the wait for the links that follow it.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Outcome } from '../link/session.ts'

export interface Reach {
  /** As the mesh's door says. */
  reach(node: NodeId, signal: AbortSignal): Promise<boolean>
  /** Links or connections have changed. */
  look(): void
}

export interface ReachDeps {
  /** Admitted, and every link up. */
  readonly there: (node: NodeId) => boolean
  /** A dial to it could come to something. */
  readonly possible: (node: NodeId) => boolean
  /** One attempt, or the one under way. Never rejects. */
  readonly dial: (node: NodeId) => Promise<Outcome>
  /** The same with what has become known since. */
  readonly dialAnew: (node: NodeId) => Promise<Outcome>
  /** Asks others where it is. True: there is an address that was not tried. Never rejects. */
  readonly find: (node: NodeId, signal: AbortSignal) => Promise<boolean>
}

export function createReach(deps: ReachDeps): Reach {
  const waiting = new Set<() => void>()

  /** Where it is known to be, then where others say that it is. False: it was not admitted anywhere. */
  const dial = async (node: NodeId, signal: AbortSignal): Promise<boolean> => {
    if ((await deps.dial(node)).kind === 'admitted') return true
    if (signal.aborted || !(await deps.find(node, signal)) || signal.aborted) return false
    return (await deps.dialAnew(node)).kind === 'admitted'
  }

  return {
    async reach(node, signal) {
      const there = (): boolean => deps.there(node)
      if (there() || signal.aborted || !deps.possible(node)) return there()
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      const check = (): void => {
        if (there() || signal.aborted) resolve()
      }
      waiting.add(check)
      signal.addEventListener('abort', check)
      // A dial that ends without admission ends the wait; one that succeeds is followed by its links.
      void dial(node, signal).then((admitted) => (admitted ? check() : resolve()))
      try {
        await woken
        return there()
      } finally {
        waiting.delete(check)
        signal.removeEventListener('abort', check)
      }
    },
    look() {
      for (const check of waiting) check()
    },
  }
}
