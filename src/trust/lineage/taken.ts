// Whether the key of this node, or one that it had before, was replaced by a key that is not here.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { KeyState } from './types.ts'

/** The keys of this node: the one it has, the next one if a rotation has begun, and those it had before. */
export interface OwnKeys {
  readonly nodeId: NodeId
  readonly next?: NodeId | undefined
  readonly former: readonly { readonly nodeId: NodeId }[]
}

/** The successor that somebody else made; undefined: nobody did. `state` is that of this node's key. */
export function takenBy(state: KeyState, { nodeId, next, former }: OwnKeys): NodeId | undefined {
  // Where the fork is at an earlier key, one of the keys between which somebody has to decide was this node's.
  const own = new Set([nodeId, next, ...former.map((one) => one.nodeId)])
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
