// Makes libp2p forget a peer that is refused: its services in their order, then the peer store.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Host } from '../admission/host.ts'
import { peerIdOf } from './peer.ts'

/** Time for what libp2p still has to do for a peer that was just cut off. */
const SETTLE_MS = 50

export interface ForgetDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly host: Pick<Host, 'peerStore'>
  /** Takes it out of what look-ups are answered from. */
  readonly forget: (node: NodeId) => Promise<void>
}

/**
 * Its connections are gone already. Taking away its protocols makes services forget it; a later delete alone would
 * leave it there. Never throws.
 */
export async function forgetPeer({ host, forget, timers, log }: ForgetDeps, node: NodeId): Promise<void> {
  const id = peerIdOf(node)
  try {
    await host.peerStore.patch(id, { protocols: [], tags: {}, multiaddrs: [] })
    await forget(node)
    await new Promise<void>((resolve) => void timers.after(SETTLE_MS, resolve))
    await host.peerStore.delete(id)
  } catch (error) {
    log.debug({ peer: node, reason: String(error) }, 'peer store entry not removed')
  }
}
