// Two connections between the same two nodes: which one stays. Both ends must come to the same answer alone.
import type { NodeId } from '../../../protocols/node-id.ts'

export interface Rival {
  /** This side dialed it. */
  readonly dialed: boolean
  /** Monotonic milliseconds. */
  readonly openedAt: number
}

/**
 * Two connections opened close together from both sides are a simultaneous dial: the one dialed by the smaller node id
 * stays. Otherwise the other side has dialed again because it lost the old connection (it restarted, its network
 * changed), so the newer one stays. Undefined: it depends on whether the newer one is admitted, so wait for that.
 */
export function loserAtOpening<T extends Rival>(
  older: T,
  newer: T,
  ids: { readonly self: NodeId; readonly peer: NodeId },
  simultaneousMs: number,
): T | undefined {
  const simultaneous = newer.openedAt - older.openedAt < simultaneousMs
  if (!simultaneous || older.dialed === newer.dialed) return undefined
  const smallerIsSelf = ids.self < ids.peer
  return older.dialed === smallerIsSelf ? newer : older
}
