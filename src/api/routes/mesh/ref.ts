// A node as answers name it: its id, its fingerprint and what people here call it.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Trust } from '../../../trust/peers/index.ts'

export const refsBy =
  ({ opinion }: Pick<Trust, 'opinion'>) =>
  (node: NodeId) => {
    const { fingerprint, name } = opinion(node)
    return { node_id: node, fingerprint, name }
  }
