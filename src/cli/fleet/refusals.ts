// Why a machine that had an invite was not let in, in words.
import { printable } from '../../base/format.ts'
import { CHAIN_FAULTS, type ChainFault } from '../../trust/certificates/index.ts'

/** Why an inviter refuses, and what to do then. */
const REFUSALS: Readonly<Record<string, string>> = {
  unknown:
    'the issuer does not know this invite: it was cancelled after wrong tries, or the issuer was restored or replaced since',
  used: 'it was used by as many machines as it permits',
  expired: 'it has ended',
  cancelled: 'it was cancelled',
  revoked: 'the key of this node was revoked: karo identity new --replace makes another',
  no_issuer: 'who made it may certify nobody now: karo ca show there',
  root: 'it is of another mesh: karo leave comes first',
  error: 'the issuer could not sign a certificate; its log says why',
  busy: 'the issuer receives too many wrong invites; try again in a minute',
}

/** In words, why the inviter refused, or why what it granted is not believed; `why` as the daemon says it. */
export function refusalWords(why: string): string {
  if (Object.hasOwn(REFUSALS, why)) return REFUSALS[why] as string
  const fault = why.replace(/^certificate_/, '')
  return fault !== why && Object.hasOwn(CHAIN_FAULTS, fault)
    ? `the certificate that came is not accepted: ${CHAIN_FAULTS[fault as ChainFault]}; compare both clocks`
    : printable(why)
}

/** A sentence without its full stop: why this node, which had an invite, was not let in. */
export const notLetIn = (why: string, detail: string | null): string =>
  why === 'enrolment_file'
    ? `This node could not join: ${printable(detail ?? 'karo logs tail says why')}. Mend it (mode 600; of the service: group karo, mode 640), and this node sees it`
    : `The invite was refused: ${detail === null ? refusalWords(why) : printable(detail)}`
