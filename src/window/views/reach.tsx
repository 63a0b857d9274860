// Who is reached from this machine, as a map beside the table of machines.
import { formatFingerprint, printable } from '../../api/contract/client/page.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { Panel } from '../parts/panel.tsx'
import { type Place, ReachMap } from '../parts/reach-map.tsx'
import { number } from '../parts/words.tsx'
import { status } from '../state/live.ts'

/** How this machine reaches another one, by what it was told of it. */
export const ringOf = ({ state, presence }: PeerShape): Place['ring'] =>
  state === 'connected' ? 0 : presence === 'online' || presence === 'unsure' ? 1 : 2
export const REACHED = ['directly', 'through others', 'not now'] as const

export const Reach = ({ peers }: { readonly peers: readonly PeerShape[] }) => (
  <Panel
    title="Who is reached"
    wide
    note="As this machine sees it. The table of machines says the same in words."
  >
    <ReachMap
      caption="Machines around this one, by how they are reached"
      here={printable(status.value?.name || 'this machine')}
      places={peers.map((peer) => ({
        ...{ id: peer.node_id, ring: ringOf(peer) },
        name: peer.name === '' ? formatFingerprint(peer.fingerprint) : printable(peer.name),
      }))}
    >
      {[0, 1, 2].map((ring) => (
        <span key={ring} class={`legend ring-${ring}`}>
          {REACHED[ring]}: {number(peers.filter((peer) => ringOf(peer) === ring).length)}
        </span>
      ))}
    </ReachMap>
  </Panel>
)
