// A known node for people: the columns of `karo peers`, which source decided, and why there is no link to it.
import type { PeerAnswerShape, PeerShape } from '../../api/contract/shapes.ts'
import { clockWords } from '../../base/clock-words.ts'
import { ago, formatFingerprint } from '../../base/format.ts'
import type { Column } from '../terminal/table.ts'

type State = PeerShape['state']
const STATE_STYLE: Readonly<Record<State, 'green' | 'yellow' | 'red' | 'dim'>> = {
  connected: 'green',
  known: 'dim',
  missing: 'yellow',
  pending: 'yellow',
  denied: 'red',
  revoked: 'red',
}

export const COLUMNS: readonly Column<PeerShape>[] = [
  { title: 'FINGERPRINT', value: (peer) => formatFingerprint(peer.fingerprint) },
  { title: 'NAME', value: (peer) => peer.name || '–', shrink: true },
  { title: 'STATE', value: (peer) => peer.state, style: (peer) => STATE_STYLE[peer.state] },
  { title: 'LEVEL', value: (peer) => peer.trust_level },
  { title: 'WHY', value: whyOf },
  { title: 'LAST SEEN', value: lastSeen },
]

/** Which source decided, as people say it; `--json` has the source's own name. */
const SOURCES: Readonly<Record<PeerShape['why'], string>> = {
  config: 'config.toml',
  tofu: 'by hand',
  certificate: 'certificate',
  invite: 'invitation',
  introduction: 'introduction',
  domain: 'its subnet',
  default: 'not decided',
}

function whyOf({ why, decided_at }: PeerShape): string {
  return decided_at === undefined ? SOURCES[why] : `${SOURCES[why]}, ${dayOf(decided_at)}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `21 Nov`, in the person's own time zone; with the year when it is another one than now. */
function dayOf(moment: string): string {
  const at = new Date(moment)
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`
  return at.getFullYear() === new Date().getFullYear() ? day : `${day} ${at.getFullYear()}`
}

/** Why a trusted node has no link, when this node knows; undefined otherwise. */
export function whyApart({ apart, clock_off_ms = 0 }: PeerShape): string | undefined {
  if (apart === 'clock') return `refused, its clock is ${clockWords(clock_off_ms)}`
  if (apart === 'encryption') return 'it encrypts connections otherwise (transport.security)'
  return apart === 'not_trusted_there' ? 'it does not trust this node' : undefined
}

function lastSeen(peer: PeerShape): string {
  const apart = whyApart(peer)
  return apart === undefined ? seenAt(peer) : `${seenAt(peer)}; ${apart}`
}

function seenAt(peer: PeerShape): string {
  if (peer.last_seen === null) return 'never'
  // Between pings of a link nothing may be heard for a while, which is no sign of anything.
  if (peer.state === 'connected') return 'now'
  const when = ago(Date.now() - Date.parse(peer.last_seen))
  if (isThroughOthers(peer)) return `${when}, through others`
  if (peer.presence === 'offline') return `${when}, stopped`
  return peer.presence === 'unsure' ? `${when}, connection broke` : when
}

/** A member without a link: its presence comes from members that have one, and questions and answers travel so too. */
export const isThroughOthers = ({ state, known_by, presence }: PeerShape): boolean =>
  state === 'known' && known_by === 'gossip' && presence === 'online'

/** Of one step of `karo peers explain`. */
export const sourceOf = ({ source }: NonNullable<PeerAnswerShape['steps']>[number]): string =>
  source === 'denied' || source === 'revoked' || source === 'default' ? source : SOURCES[source]
