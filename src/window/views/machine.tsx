// One machine in full: who it is, how far it is trusted and why, and how its trust is taken back.
import { formatFingerprint } from '../../api/contract/client/page.ts'
import { DECISIONS } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Act } from '../parts/panel.tsx'
import { Facts } from '../parts/table.tsx'
import { counted, Foreign, plain, Time } from '../parts/words.tsx'
import { status } from '../state/live.ts'
import { client } from '../state/session.ts'
import { Words } from './pending.tsx'

interface DetailsProps {
  readonly peer: PeerShape
  readonly peers: readonly PeerShape[]
  /** This node certifies others, so that what it revokes is revoked in the whole mesh. */
  readonly isIssuer: boolean
  readonly again: () => void
  readonly onClose: () => void
}

export function Details({ peer, peers, isIssuer, again, onClose }: DetailsProps) {
  const revoke = async (): Promise<void> => {
    await client.call(DECISIONS.revoke, { body: { who: peer.fingerprint } })
    again()
    onClose()
  }
  return (
    <Dialog title={peer.name === '' ? 'A machine' : peer.name} onClose={onClose}>
      <Facts
        facts={[
          ['Words', <Words key="words" fingerprint={peer.fingerprint} />],
          ['Node', <code key="node">{peer.node_id}</code>],
          ['Trust', `${plain(peer.trust_level)}, by ${plain(peer.why)}`],
          ['Standing', peer.standing ?? '–'],
          ['Presence', peer.presence ?? 'not a member'],
          ['Known by', peer.known_by ?? '–'],
          ['Linked with', <Foreign key="links" text={linksOf(peer, peers)} />],
          ...(peer.apart === undefined ? [] : [['Not linked, because', plain(peer.apart)] as const]),
          ...(peer.certifies === undefined
            ? []
            : [['Certifies', counted(peer.certifies, 'machine')] as const]),
          [
            'Addresses',
            <Foreign
              key="addresses"
              text={peer.addresses.join(', ') || 'only administrators may see this'}
            />,
          ],
          ['Last seen', <Time key="seen" at={peer.last_seen} />],
        ]}
      />
      {status.value?.you.admin === true && peer.state !== 'revoked' && (
        <Act
          kind="danger"
          run={revoke}
          confirm={
            isIssuer
              ? 'Its key is refused in the whole mesh, for good: press again'
              : 'Its key is refused here from now on: press again'
          }
        >
          Take back trust
        </Act>
      )}
    </Dialog>
  )
}

/** What the machine told of its links some minutes ago, by the names that this machine knows. */
function linksOf({ links }: PeerShape, peers: readonly PeerShape[]): string {
  if (links === undefined) return 'none told'
  const names = new Map(peers.map((one) => [one.fingerprint, one.name]))
  if (status.value !== undefined) names.set(status.value.fingerprint, status.value.name)
  return links.map((one) => names.get(one) || formatFingerprint(one)).join(', ')
}
