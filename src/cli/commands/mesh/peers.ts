// karo peers: lists known nodes with their trust; trusts, denies and revokes nodes.

import { setTimeout as sleep } from 'node:timers/promises'
import { getInvites } from '../../../api/contract/operations/fleet.ts'
import { DECISIONS, explainPeer, getPeers, trustPeer } from '../../../api/contract/operations/peers.ts'
import { getIdentity, getStatus } from '../../../api/contract/operations/status.ts'
import { type PeerAnswerShape, type PeerShape, TRUST_LEVELS } from '../../../api/contract/shapes.ts'
import { placesInWords } from '../../../base/places.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import { fingerprintWords } from '../../../base/words/fingerprint-words.ts'
import { subnetTest } from '../../../config/domains.ts'
import { subnetProblem } from '../../../config/values.ts'
import { called, totalsLost, whatItHas, whoKnows } from '../../fleet/revoking.ts'
import { isKey, peersNamed } from '../../input/nodes.ts'
import {
  type ArgumentWords,
  ASSIGNED,
  ago,
  assignedBy,
  atHome,
  type Columns,
  type CommandIo,
  defineCommand,
  EXIT,
  fitted,
  formatFingerprint,
  KaroError,
  NODE,
  nameless,
  nodesOf,
  paint,
  printable,
  printJson,
  type Screen,
  say,
  table,
  usage,
} from '../../kit.ts'
import { confirm } from '../../terminal/confirm.ts'
import { MONTHS } from '../../views/lines.ts'

const STATE_STYLE: Readonly<Record<PeerShape['state'], 'green' | 'yellow' | 'red' | 'dim'>> = {
  connected: 'green',
  known: 'dim',
  missing: 'yellow',
  pending: 'yellow',
  denied: 'red',
  revoked: 'red',
}

const COLUMNS: Columns<PeerShape> = {
  FINGERPRINT: (peer) => formatFingerprint(peer.fingerprint),
  NAME: { value: (peer) => peer.name || '–', shrink: true },
  STATE: { value: 'state', style: ({ state }) => STATE_STYLE[state] },
  LEVEL: 'trust_level',
  WHY({ why, decided_at, certificate_ended }) {
    if (certificate_ended && why === 'default') return 'certificate ended'
    return decided_at === undefined ? SOURCES[why] : `${SOURCES[why]}, ${dayOf(decided_at)}`
  },
  'LAST SEEN': lastSeen,
}

/** `lead; web, ops` */
const assignedTo = (peer: PeerShape): string =>
  [peer.roles, peer.teams]
    .map((names) => names.join(', '))
    .filter(Boolean)
    .join('; ')

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

/** `21 Nov` in local time; with the year if it is not the present one. */
function dayOf(moment: string): string {
  const at = new Date(moment)
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`
  return at.getFullYear() === new Date().getFullYear() ? day : `${day} ${at.getFullYear()}`
}

const APART = {
  encryption: 'it uses another encryption (transport.security)',
  links_full: 'this node has no free link for it',
  links_full_there: 'it has no free link for this node',
  not_trusted_there: 'it does not trust this node',
  stalls: 'connections open, then stall (karo doctor)',
}

/** Why a trusted node has no link, if this node knows; else undefined. */
const whyApart = ({ apart, clock_off_ms = 0 }: PeerShape): string | undefined =>
  apart === 'clock' ? `refused, its clock is ${clockWords(clock_off_ms)}` : apart && APART[apart]

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
  if (peer.last_seen === null) return isRefused(peer) ? 'no try seen' : 'not in 7 d'
  // A connected node counts as seen now, because between pings nothing may be heard for a while.
  if (peer.state === 'connected') return 'now'
  const when = ago(Date.now() - Date.parse(peer.last_seen))
  if (isRefused(peer)) return `${when}, refused`
  if (isThroughOthers(peer)) return `${when}, through others`
  if (peer.presence === 'offline') return `${when}, stopped`
  return peer.presence === 'unsure' ? `${when}, connection broke` : when
}

const isRefused = ({ state }: PeerShape) => state === 'denied' || state === 'revoked'

/** True for a member without a link here, of which other members tell, and which questions reach through them. */
const isThroughOthers = ({ state, known_by, presence }: PeerShape) =>
  state === 'known' && known_by === 'gossip' && presence === 'online'

function explainedView({ peer, steps = [] }: PeerAnswerShape, screen: Screen): string {
  const apart = whyApart(peer)
  const links = peer.links && `links: ${peer.links.length}, as it announced last (--json names them)`
  const lines = [
    paint('bold', `${called(peer)}: ${peer.trust_level}, ${peer.state}`, screen),
    peer.node_id,
    apart && `no link: ${apart}`,
    isRefused(peer) && `tries to connect: ${seenAt(peer)}; karo audit log --peer ${peer.fingerprint}`,
    `in words: ${fingerprintWords(peer.fingerprint)}`,
    isThroughOthers(peer) && 'no direct link; reached through other members',
    links,
  ]
  const shown = table(screen, steps, {
    '': ({ decides }) => (decides ? '→' : ''),
    ' ': {
      value: ({ source }) =>
        source === 'denied' || source === 'revoked' || source === 'default' ? source : SOURCES[source],
      style: ({ decides }) => (decides ? 'bold' : undefined),
    },
    '  ': { value: 'says', style: ({ decides }) => (decides ? undefined : 'dim'), wrap: true },
  })
  return `${lines.filter(Boolean).join('\n')}\n\n${shown}`
}

const NODES = {
  optional: true,
  variadic: true,
  description: 'nodes: ids, names or fingerprints; one fingerprint also in groups of four',
  completes: 'node',
} as const satisfies ArgumentWords

const NOBODY = `No other node is known here yet.
Run \`karo up\` on another machine of this network; it is listed here as pending. If multicast does not reach it, name its address under [discovery] peers in config.toml. \`karo doctor\` says what else keeps it away.
`
const ALONE = `This node is used alone: no other machine can reach it, and it looks for none. To change that:
  karo config unset discovery.mdns
  karo config unset mesh.listen --restart
`
const NOBODY_PENDING = `No node waits to be trusted. \`karo peers\` shows every node that is known here, \`karo doctor\` what keeps others away.
`

const UNSEEN = `No node that you may see. Those that wait to be trusted are shown to administrators: sudo karo peers pending
`

async function list(io: CommandIo, wanted: (peer: PeerShape) => boolean, empty: string): Promise<undefined> {
  const { peers: all } = await io.call(getPeers)
  const peers = all.filter(wanted)
  if (io.json) return printJson(io, { peers })
  if (peers.length === 0) {
    const { mesh, you } = await io.call(getStatus)
    say(io, mesh.alone ? atHome(ALONE, io) : you.admin ? empty : UNSEEN)
  } else {
    const assigned = peers.some(assignedTo) && { value: assignedTo, shrink: true as const }
    io.out(table(io, peers, { ...COLUMNS, 'ROLES; TEAMS': assigned }))
  }
  // One of several successors may be a thief's, and a thief's screen shows the fingerprint of the row, too.
  const pending = peers.filter(({ state, why }) => state === 'pending' && why !== 'frozen')
  const ended = pending.find(({ certificate_ended }) => certificate_ended)
  if (ended)
    say(
      io,
      `\nThe certificate of ${called(ended)} has ended. To bring it back: \`karo invite\` on an issuer, then \`karo join <code>\` there (an issuer: \`karo ca renew\`).\n`,
    )
  const waiting = pending.find(({ certificate_ended }) => !certificate_ended)
  if (waiting) {
    say(
      io,
      `
In a mesh, \`karo invite\` on an issuer lets a pending node in. Otherwise compare its fingerprint, or the words of \`karo peers explain\`, with what \`karo identity show\` prints there, then:
  ${atHome('karo peers trust', io)} ${waiting.fingerprint}
`,
    )
  }
}

/** How often to look for the link, which opens in about 40 ms on a LAN (docs/performance.md). */
const LOOKS = 5
const LOOK_MS = 60

async function sayTrusted(io: CommandIo, peer: PeerShape): Promise<void> {
  if (peer.trust_level === 'untrusted') {
    say(
      io,
      `${called(peer)} now has the level untrusted: it cannot connect, and gets nothing. Why: karo peers explain ${peer.fingerprint}\n`,
    )
    return
  }
  say(io, `Trusted ${called(peer)} here, level ${peer.trust_level}.\n`)
  if (await links(io, peer)) {
    io.out('It trusts this node too; you are connected.\n')
    return
  }
  const self = await io.call(getIdentity)
  say(
    io,
    `Next, on that machine, unless you have done it there already:
  karo peers trust ${self.fingerprint}
The link opens by itself when both sides trust each other. Trust alone shares no numbers: for that, use \`karo share allow\`.
`,
  )
}

/** Whether a link to the node opens soon, which it does if the other side trusts this node already. */
async function links(io: CommandIo, peer: PeerShape): Promise<boolean> {
  let { state } = peer
  for (let looks = 0; state !== 'connected' && peer.last_seen !== null && looks < LOOKS; looks++) {
    await sleep(LOOK_MS)
    state = (await io.call(explainPeer, { query: { who: peer.node_id } })).peer.state
  }
  return state === 'connected'
}

/** What people compare before they agree. */
const COMPARED: Columns<PeerShape> = {
  NAME: { value: (peer) => peer.name || '–', shrink: true },
  FINGERPRINT: (peer) => formatFingerprint(peer.fingerprint),
  'IN WORDS': { value: (peer) => fingerprintWords(peer.fingerprint), wrap: true },
}

interface Wanted {
  readonly words: readonly string[]
  readonly pending: boolean | undefined
  readonly subnet: string | undefined
  /** The command, for errors. */
  readonly where: string
}

/**
 * Nodes of which a person is asked first: several, or one by the name it gave itself; none if they named one by its key, or by a
 * name that people here chose. Throws KaroError `bad_request` for words that name nobody, or a subnet that is none; otherwise the
 * daemon's errors.
 */
async function toAgree(io: CommandIo, wanted: Wanted): Promise<readonly PeerShape[]> {
  const { words, pending, subnet, where } = wanted
  if (pending === true) {
    if (words.length > 0) throw usage('give nodes or --pending, not both', where)
    return waitingIn(io, subnet, where)
  }
  const named = nodesOf(words)
  const [only] = named
  if (only === undefined) throw nameless(where)
  if (named.length === 1 && isKey(only)) return []
  const peers = await peersNamed(io, named)
  return peers.length === 1 && peers[0]?.name_chosen === true ? [] : peers
}

/** An IP address, as it stands in a multiaddr, was proven by the connection over which the node was met. */
async function waitingIn(
  io: CommandIo,
  subnet: string | undefined,
  where: string,
): Promise<readonly PeerShape[]> {
  if (subnet !== undefined && subnetProblem(subnet) !== undefined)
    throw usage(`'${subnet}' is not a subnet such as 10.0.3.0/24`, where)
  const isIn = subnet === undefined ? () => true : subnetTest(subnet)
  const { peers } = await io.call(getPeers)
  const waiting = peers.filter(
    ({ state, addresses }) =>
      state === 'pending' && addresses.some((address) => isIn(address.split('/')[2] ?? '')),
  )
  if (waiting.length > 0) return waiting
  throw new KaroError('not_found', `no node waits${subnet ? ` in ${subnet}` : ''}`, {
    hint: 'karo peers pending shows the nodes that wait.',
  })
}

const trust = defineCommand('peers trust', {
  summary: 'trust nodes; both sides have to trust each other',
  shows: trustPeer,
  json: 'the answer for one node; for several, or with --pending, {"peers": […]} with each of them',
  args: { node: NODES },
  options: {
    level: {
      value: 'level',
      description: 'how far to trust it (default: peer the first time, then as before)',
      choices: TRUST_LEVELS,
    },
    name: { value: 'name', description: 'what you call it; for one node' },
    ...ASSIGNED,
    pending: 'all nodes that wait to be trusted, after a list of them',
    subnet: {
      value: 'subnet',
      needs: 'pending',
      description: 'only nodes with an address in this subnet',
    },
    yes: 'do not ask before trusting several nodes, or a node by its own name',
  },
  examples: {
    'karo peers trust 9f3a41c2b07d55e1 --name bob': 'after comparing the fingerprint with theirs',
    'karo peers trust bob --level share_to': 'bob may receive summaries, and ask nothing',
    'karo peers trust --pending --subnet 10.0.3.0/24 --team eng':
      'every node that waits in that subnet, after one question',
  },
  async run(io, { args, options }) {
    const { level, name, pending, subnet } = options
    // Options that were not given are absent in the JSON, so they stay as they were decided before.
    const terms = { level, name, ...assignedBy(options) }
    const where = 'karo peers trust'
    const words = args.node ?? []
    const asks = await toAgree(io, { words, pending, subnet, where })
    const count = asks.length
    if (count > 0) {
      if (name !== undefined && count > 1)
        throw usage(`--name is for one node, and these are ${count}`, where)
      if (!io.json) io.out(table(io, asks, COMPARED))
      const question = `Trust ${count === 1 ? 'this node' : `these ${count} nodes`}?`
      if (!(await confirm(io, question, { yes: options.yes, shows: trustPeer, where }))) return EXIT.failed
    }
    const answers: PeerAnswerShape[] = []
    const chosen = count === 0 ? nodesOf(words) : asks.map(({ node_id }) => node_id)
    for (const who of chosen) answers.push(await io.call(trustPeer, { body: { who, ...terms } }))
    const [only] = answers
    if (answers.length === 1 && only !== undefined) {
      if (io.json) return printJson(io, only)
      await sayTrusted(io, only.peer)
      return
    }
    const peers = answers.map(({ peer }) => peer)
    if (io.json) printJson(io, { peers })
    else say(io, `Trusted ${peers.map(called).join(', ')} here.\nEach of them has to trust this node too.\n`)
  },
})

const deny = defineCommand('peers deny', {
  summary: 'refuse a node from now on, without telling it',
  shows: DECISIONS.deny,
  args: { node: NODE },
  view: (answer, io) =>
    fitted(
      `Denied ${called(answer.peer)}: its connection is closed and its key is refused. The node is not told.
${whatItHas(answer)}\`${atHome('karo peers trust', io)} ${answer.peer.fingerprint}\` undoes the denial.
`,
      io,
    ),
})

const revoke = defineCommand('peers revoke', {
  summary: 'withdraw trust from a node and refuse its key',
  shows: DECISIONS.revoke,
  args: { node: NODE },
  async sure(io, { args }) {
    const { peer } = await io.call(explainPeer, { query: { who: args.node } })
    return {
      asks: `Revoke ${called(peer)}? If this node is an issuer, the whole mesh refuses its key for good.${await totalsLost(io, peer)}`,
      args: { node: peer.node_id },
    }
  },
  async view(answer, io) {
    const inMesh = answer.revoked_in === 'mesh'
    const invites = inMesh ? (await io.call(getInvites)).invites : []
    const open = invites.flatMap(({ state, id }) =>
      state === 'open'
        ? `With another key it can use this invite, unless you end it: karo invite cancel ${id}\n`
        : [],
    )
    return fitted(
      inMesh
        ? `Revoked ${called(answer.peer)} in the whole mesh: its connection here is closed, and its key is refused for good.${await totalsLost(io, answer.peer)}
${whoKnows(answer)}${whatItHas(answer)}${open.join('')}`
        : `Revoked ${called(answer.peer)}: its trust, roles and teams are gone, and its key is refused.
${whatItHas(answer)}\`${atHome('karo peers trust', io)} ${answer.peer.fingerprint}\` trusts it again.
`,
      io,
    )
  },
})

const explain = defineCommand('peers explain', {
  summary: 'show why a node is trusted or not: every source of trust, strongest first',
  shows: explainPeer,
  args: { node: NODE },
  view: explainedView,
})

const listAll = defineCommand('peers', {
  summary: 'list known nodes, the trust level of each, and why',
  shows: getPeers,
  run: (io) => list(io, () => true, NOBODY),
})

const listPending = defineCommand('peers pending', {
  summary: 'list nodes that wait to be trusted',
  shows: getPeers,
  run: (io) => list(io, (peer) => peer.state === 'pending', NOBODY_PENDING),
})

export const commands = [listAll, listPending, trust, deny, revoke, explain]
