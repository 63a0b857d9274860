// A machine that waits for a decision: the words to compare, also as a QR code, and the decision.
import { useEffect, useState } from 'preact/hooks'
import { fingerprintWords, formatFingerprint } from '../../api/contract/client/page.ts'
import { DECISIONS, trustPeer } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { Act, Foreign } from '../parts/index.ts'
import { client, status } from '../state/index.ts'

type Fingerprinted = Pick<PeerShape, 'fingerprint'>

/** Modules of light around the code, without which cameras do not find it. */
const QUIET = 4

/** What a camera reads has to stand beside the code as text, for everybody without a camera. */
function Qr({ fingerprint }: Fingerprinted) {
  const words = fingerprintWords(fingerprint)
  const says = `${words} ${formatFingerprint(fingerprint)}`
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>()
  useEffect(() => {
    let isGone = false
    import('uqr').then(
      ({ encode }) => !isGone && setRows(encode(says, { border: QUIET }).data),
      // Without it the text beside it is compared.
      () => {},
    )
    return () => {
      isGone = true
    }
  }, [says])
  const size = rows?.length ?? 1
  const path = (rows ?? [])
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={`QR code of the words ${words}`}>
      <path d={path} />
    </svg>
  )
}

/** The words that two people read to each other; equal words mean the same key. */
export const Words = ({ fingerprint }: Fingerprinted) => (
  <span class="words">
    {fingerprintWords(fingerprint)} <span class="quiet">{formatFingerprint(fingerprint)}</span>
  </span>
)

export function Waiting({ peer, again }: { readonly peer: PeerShape; readonly again: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const body = { who: peer.fingerprint }
  return (
    <li>
      <span>
        <b>
          <Foreign text={peer.name || 'A machine without a name'} />
        </b>{' '}
        <span class="quiet">calls itself so</span>
        <br />
        <Words fingerprint={peer.fingerprint} />
        {peer.certificate_ended && (
          <p>Its certificate has ended. To bring it back: karo invite on an issuer, then karo join there.</p>
        )}
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>Its words as a QR code</summary>
          {isOpen && <Qr fingerprint={peer.fingerprint} />}
        </details>
      </span>
      {status.value?.you.admin === true && (
        <span class="actions">
          <Act
            kind="main"
            confirm="It may then link with this machine: press again"
            run={() => client.call(trustPeer, { body }).then(again)}
          >
            The words are equal: trust
          </Act>
          <Act run={() => client.call(DECISIONS.deny, { body }).then(again)}>Deny</Act>
        </span>
      )}
    </li>
  )
}
