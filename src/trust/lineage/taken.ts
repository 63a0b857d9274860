// Whether the key of this node, or one that it had before, was replaced by a key that is not here.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { KeyState } from './types.ts'

/** The successor that somebody else made; undefined: nobody did. `own`: this node's key, and the next one if it has begun. */
export function takenBy(state: KeyState, own: ReadonlySet<NodeId | undefined>): NodeId | undefined {
  switch (state.kind) {
    case 'current':
      return undefined
    case 'frozen':
      return state.fork.between.find((one) => !own.has(one))
    case 'rejected':
      return state.chosen
    default:
      return own.has(state.by) ? undefined : state.by
  }
}
