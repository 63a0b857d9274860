// A machine that waits for a decision: the words to compare, also as a QR code, and the decision.
import { useState } from 'preact/hooks'
import { fingerprintWords, formatFingerprint } from '../../api/contract/client/page.ts'
import { DECISIONS, trustPeer } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { Act } from '../parts/panel.tsx'
import { Qr } from '../parts/qr.tsx'
import { Foreign } from '../parts/words.tsx'
import { status } from '../state/live.ts'
import { client } from '../state/session.ts'

/** The words that two people read to each other; equal words mean the same key. */
export const Words = ({ fingerprint }: { readonly fingerprint: string }) => (
  <span class="words">
    {fingerprintWords(fingerprint)} <span class="quiet">{formatFingerprint(fingerprint)}</span>
  </span>
)

export function Waiting({ peer, again }: { readonly peer: PeerShape; readonly again: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const decide = async (trusts: boolean): Promise<void> => {
    const { fingerprint: who } = peer
    await (trusts
      ? client.call(trustPeer, { body: { who } })
      : client.call(DECISIONS.deny, { body: { who } }))
    again()
  }
  const name = peer.name || 'A machine without a name'
  return (
    <li>
      <span>
        <b>
          <Foreign text={name} />
        </b>{' '}
        <span class="quiet">calls itself so</span>
        <br />
        <Words fingerprint={peer.fingerprint} />
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>Its words as a QR code</summary>
          {isOpen && (
            <Qr
              says={`${fingerprintWords(peer.fingerprint)} ${formatFingerprint(peer.fingerprint)}`}
              label={`QR code of the words ${fingerprintWords(peer.fingerprint)}`}
            />
          )}
        </details>
      </span>
      {status.value?.you.admin === true && (
        <span class="actions">
          <Act kind="main" confirm="It may then link with this machine: press again" run={() => decide(true)}>
            The words are equal: trust
          </Act>
          <Act run={() => decide(false)}>Deny</Act>
        </span>
      )}
    </li>
  )
}
