// Who is reached from this machine, as a map beside the table of machines.
import { useMemo } from 'preact/hooks'
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

/** The member that first told of a machine which is reached through others; it need not be a neighbour any more. */
export const toldBy = (peer: PeerShape, peers: readonly PeerShape[]): PeerShape | undefined =>
  ringOf(peer) !== 1 || peer.through === undefined
    ? undefined
    : peers.find(({ fingerprint }) => fingerprint === peer.through)

const nameOf = ({ name, fingerprint }: PeerShape): string =>
  name === '' ? formatFingerprint(fingerprint) : printable(name)

export function Reach({ peers }: { readonly peers: readonly PeerShape[] }) {
  const here = printable(status.value?.name || 'this machine')
  const places = peers.map(
    (peer): Place => ({
      id: peer.fingerprint,
      ring: ringOf(peer),
      name: nameOf(peer),
      links: peer.links ?? [],
    }),
  )
  // Hundreds of lines and circles, which are the same while only times change.
  const map = useMemo(
    () => (
      <ReachMap caption="Machines around this one, and how they are reached" here={here} places={places}>
        {[0, 1, 2].map((ring) => (
          <span key={ring} class={`legend ring-${ring}`}>
            {REACHED[ring]}: {number(places.filter((place) => place.ring === ring).length)}
          </span>
        ))}
        {places.some(({ links }) => links.length > 0) && (
          <span class="legend told">linked, as one of both says</span>
        )}
      </ReachMap>
    ),
    [JSON.stringify([here, places])],
  )
  return (
    <Panel
      title="Who is reached"
      wide
      note="As this machine sees it; the table of machines has the same data. Links between other machines are as these announced them some minutes ago; a machine that announces none has no such lines."
    >
      {map}
    </Panel>
  )
}
