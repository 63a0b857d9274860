// Who revoked this node, as the API tells it, and in a sentence for people.
import { keyOf } from '../../../../protocols/node-id.ts'
import { localTime } from '../../../base/format.ts'
import { ANOTHER_KEY, revokedWords } from '../../../base/words/revoked.ts'
import type { FleetState } from '../../../trust/certificates/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import { WHY_OUT } from '../../contract/constants.ts'
import type { FleetShape } from '../../contract/shapes.ts'
import { shown, time } from '../../server/shown.ts'

export function revokedShape(by: FleetState['revoked_by']): FleetShape['revoked_by'] {
  if (by === null) return null
  return { ...shown(by), fingerprint: fingerprintOf(keyOf(by.node_id)) }
}

type Told = Pick<FleetState, 'why_not' | 'revoked_by'> & Partial<Pick<FleetState, 'own' | 'joining'>>

/**
 * For `karo status`, about an invite that this node uses, or that was not taken; undefined: there is none. `clockOff`: it heard
 * others whose clocks are too far from its own.
 */
export function joiningInWords({ own = null, joining = null }: Told, clockOff: boolean): string | undefined {
  if (joining === null || own !== null) return undefined
  if (joining.refused === null) {
    const until = localTime(time(joining.expires_at))
    const at = joining.places.length === 0 ? '' : ` at ${joining.places.join(', ')}`
    const does = clockOff
      ? 'its clock and this one differ too much: karo doctor --only clock.peers'
      : 'if it has another address now: karo join … --at host:port'
    return `this node looks for its inviter until ${until}${at}; ${does}`
  }
  return joining.refused === 'enrolment_file'
    ? `${joining.detail ?? 'the enrolment file cannot be used (karo logs tail says why)'}: mend it (mode 600; of the service: group karo, mode 640), and this node sees it`
    : (joining.detail ?? 'the last invite of this node was not taken: karo ca show says why')
}

/** For `karo status`; undefined while this node belongs to its mesh, or to none. */
export function revokedInWords({ why_not, revoked_by }: Told): string | undefined {
  if (why_not === null) return
  const why =
    why_not === 'revoked'
      ? `${revokedWords(revokedShape(revoked_by))}. To let this machine in again, give it another key: ${ANOTHER_KEY}`
      : WHY_OUT[why_not].join('. ')
  return `this node is no longer a member of its mesh: ${why}`
}
