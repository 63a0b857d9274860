// Views of a known node: the columns of `karo peers`, the source that decided, and why there is no link.
import type { PeerAnswerShape, PeerShape } from '../../api/contract/shapes.ts'
import { ago, formatFingerprint, printable } from '../../base/format.ts'
import { placesInWords } from '../../base/places.ts'
import { clockWords } from '../../base/words/clock-words.ts'
import { fingerprintWords } from '../../base/words/fingerprint-words.ts'
import { type Columns, paint, type Screen, table } from '../terminal/table.ts'
import { MONTHS } from './lines.ts'

type State = PeerShape['state']
const STATE_STYLE: Readonly<Record<State, 'green' | 'yellow' | 'red' | 'dim'>> = {
  connected: 'green',
  known: 'dim',
  missing: 'yellow',
  pending: 'yellow',
  denied: 'red',
  revoked: 'red',
}

export const COLUMNS: Columns<PeerShape> = {
  FINGERPRINT: (peer) => formatFingerprint(peer.fingerprint),
  NAME: { value: (peer) => peer.name || '–', shrink: true },
  STATE: { value: (peer) => peer.state, style: (peer) => STATE_STYLE[peer.state] },
  LEVEL: (peer) => peer.trust_level,
  WHY: whyOf,
  'LAST SEEN': lastSeen,
}

/** The source that decided the trust, in words for people; `--json` has the name of the source. */
const SOURCES: Readonly<Record<PeerShape['why'], string>> = {
  config: 'config.toml',
  tofu: 'by hand',
  certificate: 'certificate',
  invite: 'invitation',
  domain: 'its subnet',
  frozen: 'frozen: two successors',
  rotated: 'key replaced',
  default: 'not decided',
}

function whyOf({ why, decided_at }: PeerShape): string {
  return decided_at === undefined ? SOURCES[why] : `${SOURCES[why]}, ${dayOf(decided_at)}`
}

/** `21 Nov` in local time; with the year if it is not the present one. */
function dayOf(moment: string): string {
  const at = new Date(moment)
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`
  return at.getFullYear() === new Date().getFullYear() ? day : `${day} ${at.getFullYear()}`
}

/** Why a trusted node has no link, if this node knows; else undefined. */
function whyApart({ apart, clock_off_ms = 0 }: PeerShape): string | undefined {
  if (apart === 'clock') return `refused, its clock is ${clockWords(clock_off_ms)}`
  if (apart === 'encryption') return 'it uses another encryption (transport.security)'
  if (apart === 'links_full') return 'this node has no free link for it'
  if (apart === 'links_full_there') return 'it has no free link for this node'
  return apart === 'not_trusted_there' ? 'it does not trust this node' : undefined
}

function lastSeen(peer: PeerShape): string {
  if (peer.twin_places !== undefined) {
    // Where they are is told to administrators only.
    const where = peer.twin_places.length === 0 ? '' : `: ${printable(placesInWords(peer.twin_places))}`
    return `${seenAt(peer)}; two machines use its key${where}`
  }
  const apart = whyApart(peer)
  return apart === undefined ? seenAt(peer) : `${seenAt(peer)}; ${apart}`
}

function seenAt(peer: PeerShape): string {
  if (peer.last_seen === null) return 'never'
  // A connected node counts as seen now, because between pings nothing may be heard for a while.
  if (peer.state === 'connected') return 'now'
  const when = ago(Date.now() - Date.parse(peer.last_seen))
  if (isThroughOthers(peer)) return `${when}, through others`
  if (peer.presence === 'offline') return `${when}, stopped`
  return peer.presence === 'unsure' ? `${when}, connection broke` : when
}

/** True for a member without a link here, of which other members tell, and which questions reach through them. */
const isThroughOthers = ({ state, known_by, presence }: PeerShape): boolean =>
  state === 'known' && known_by === 'gossip' && presence === 'online'

export const called = (peer: PeerShape): string =>
  `${printable(peer.name) || 'the node'} (${formatFingerprint(peer.fingerprint)})`

export function explainedView({ peer, steps = [] }: PeerAnswerShape, screen: Screen): string {
  const apart = whyApart(peer)
  const links = peer.links && `links: ${peer.links.length}, as it announced last (--json names them)`
  const lines = [
    paint('bold', `${called(peer)}: ${peer.trust_level}, ${peer.state}`, screen),
    peer.node_id,
    apart && `no link: ${apart}`,
    `in words: ${fingerprintWords(peer.fingerprint)}`,
    isThroughOthers(peer) && 'no direct link; reached through other members',
    links,
  ]
  const shown = table(screen, steps, [
    { title: '', value: ({ decides }) => (decides ? '→' : '') },
    { title: '', value: sourceOf, style: ({ decides }) => (decides ? 'bold' : undefined) },
    {
      title: '',
      value: ({ says }) => says,
      style: ({ decides }) => (decides ? undefined : 'dim'),
      wrap: true,
    },
  ])
  return `${lines.filter(Boolean).join('\n')}\n\n${shown}`
}

/** The source of one step of `karo peers explain`, in words for people. */
const sourceOf = ({ source }: NonNullable<PeerAnswerShape['steps']>[number]): string =>
  source === 'denied' || source === 'revoked' || source === 'default' ? source : SOURCES[source]
