// Listeners to changes of trust: each is told, whatever another one does.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Log } from '../../base/run/log.ts'
import type { Trust } from './types.ts'

type Listener = Parameters<Trust['onChange']>[0]

export function createTelling(log: Log) {
  const listeners = new Set<Listener>()
  return {
    tell(node: NodeId, by: 'person' | 'certificate'): void {
      for (const listener of listeners) {
        try {
          listener(node, by)
        } catch (error) {
          log.error({ error: String(error) }, 'a listener to trust changes failed')
        }
      }
    },
    on(listener: Listener): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
