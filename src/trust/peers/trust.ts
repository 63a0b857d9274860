// The trust room: keeps the file's and people's word on every node, and tells listeners when it changes.
import { isDeepStrictEqual } from 'node:util'
import { isNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { createRecent } from '../../base/recent.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { closest } from '../../base/suggest.ts'
import type { LineageView } from '../lineage/index.ts'
import { createDeciding } from './deciding.ts'
import { createDomains } from './domains.ts'
import { type Held, hasChosenName, heldFrom } from './held.ts'
import type { Kin } from './kin.ts'
import { standingOf, weigh } from './opinion.ts'
import type { TrustOptions, TrustParts } from './options.ts'
import { createRotations } from './rotations.ts'
import { createSeen } from './seen.ts'
import { createSources, type Sources } from './sources.ts'
import type { Member, Presence } from './types.ts'

export function createTrust(options: TrustOptions) {
  const { config, repository, audit, clock, log, certificates, lineage } = options
  let deniedByFile: ReadonlySet<NodeId> = new Set(config.peers.denied)
  let trustedByFile = config.peers.trusted
  /** By every key of the member, so that a key's successor inherits what was decided. */
  const decisions = new Map<NodeId, Held>()
  const presences = createListeners<[node: NodeId, presence: Presence, known_by: Member['known_by']]>()
  const seen = createSeen(repository, clock, log, (member, presence) =>
    presences.tell(member.node_id, presence, member.known_by),
  )
  const changes = createListeners<[node: NodeId, by?: 'person' | 'certificate']>((error) =>
    log.error({ error: String(error) }, 'a listener to trust changes failed'),
  )
  const domains = createDomains(config.trust.domains)
  // Decisions one after the other: memory follows the disk in the same order.
  const serially = createSerial()

  const parts = {
    ...options,
    decisions,
    domains,
    seen,
    file: () => ({ denied: deniedByFile, trusted: trustedByFile }),
  }
  const sources = createSources(parts)
  const { kin, own, refuses, bars, admits, evidenceOf, opinion } = sources

  /** Somebody spoke about this node, so it does not wait for a person any more. */
  const isDecided = (node: NodeId): boolean =>
    refuses(node) || kin.trustedByFile(node) !== undefined || kin.decision(node) !== undefined || admits(node)

  /** The name in a certificate was chosen by its holder, so it does not count. */
  const isNameChosen = (node: NodeId): boolean =>
    Boolean(kin.trustedByFile(node)?.name) || hasChosenName(kin.decision(node))

  /** Admitted here or once linked to this node, and not refused: to be known by anybody's word alone is not enough. */
  const isMet = (node: NodeId): boolean =>
    admits(node) || (!refuses(node) && seen.member(node)?.known_by === 'link')

  function known(): NodeId[] {
    const met = [...seen.members(), ...seen.strangers()].map(({ node_id }) => node_id)
    const said = [...trustedByFile.keys(), ...deniedByFile, ...decisions.keys()]
    const nodes = new Set([...said, ...met, ...certificates.told()])
    return [...presentKeys(nodes, lineage, kin)].filter((node) => !own.has(node))
  }

  function tell(node: NodeId, by: 'person' | 'certificate' = 'person'): void {
    changes.tell(node, by)
    if (by === 'certificate') return
    // What people think of an issuer decides about everybody whom it certified.
    for (const { node_id, issuer } of certificates.certified()) {
      if (issuer === node && node_id !== node) certificateChanged(node_id)
    }
  }

  const { hold, ...people } = createDeciding({ ...parts, ...sources, serially, tell })

  /** As `decide`, for every node that the file says something else about now. */
  function reload(): Promise<void> {
    return serially(async () => {
      const { denied, trusted } = config.peers
      const named = new Set([...deniedByFile, ...trustedByFile.keys(), ...denied, ...trusted.keys()])
      for (const node of domains.nodes()) named.add(node)
      // A lineage with two successors has the same opinion whatever the file says, and may be admitted or not.
      const said = (node: NodeId) => ({
        ...opinion(node),
        admitted: lineage.all(node).map(admits),
      })
      const before = new Map([...named].map((node) => [node, said(node)]))
      deniedByFile = new Set(denied)
      domains.use(config.trust.domains)
      trustedByFile = trusted
      const recorded: Promise<unknown>[] = []
      for (const [node, was] of before) {
        const is = said(node)
        if (isDeepStrictEqual(was, is)) continue
        for (const key of lineage.family(node)) if (!admits(key)) seen.forget(key, admits)
        const told = { peer: node, action: 'reload', trust_level: is.trust_level }
        log.info(told, 'the configuration changed the trust in a node')
        const details = { action: 'reload', level_before: was.trust_level, level_after: is.trust_level }
        recorded.push(audit.record({ type: 'trust_change', success: true, peer: node, details }))
        for (const key of lineage.all(node)) tell(key)
      }
      await Promise.all(recorded)
    })
  }

  function changedByDocuments(nodes: readonly NodeId[]): void {
    for (const node of new Set(nodes)) {
      if (own.has(node)) continue
      // Of a machine whose certificate ended people ask when it was seen last.
      if (!admits(node)) seen.forget(node, (one) => admits(one) || opinion(one).ended !== undefined)
      tell(node, 'certificate')
    }
  }
  const certificateChanged = (node: NodeId): void => changedByDocuments(lineage.all(node))
  certificates.onChange(certificateChanged)

  const rotations = createRotations({ ...parts, ...sources, tell: changedByDocuments })

  return {
    name: 'trust',

    async start() {
      const stored = await repository.load()
      for (const record of stored.decisions) hold(heldFrom(record, log))
      seen.load(stored.sightings, stored.strangers)
    },

    async stop() {
      await serially(async () => {})
      await seen.flush()
    },

    /** Takes over `config.peers` as it is now. Resolves when listeners have been told and the ledger has it. */
    reload,
    opinion,
    /** True when its standing here is `member`, and nothing denies it. */
    admits,
    /** True when its key is denied or revoked, here or by a list of its mesh. Cheap, as `admits` is: asked for connections and frames. */
    refuses,
    /**
     * As `refuses`, but false for a key that a list revoked, and for one whose time beside its successor is over: such a key may
     * knock like any stranger, and is shown the list, or what replaced it. Nobody else would tell that machine.
     */
    bars,
    standing: (node: NodeId) => standingOf(evidenceOf(node)),
    explain: (node: NodeId) => weigh(evidenceOf(node)).steps(),
    /** When a person here last decided about it, ms since the epoch; undefined when nobody did. */
    decidedAt: (node: NodeId) => evidenceOf(node).decision?.decided_at,
    rotations,
    /** People or the configuration here gave the node its name; false for a name that the node gave itself. */
    isNameChosen,
    /** The first key of its lineage: what counts for each member counts under it. */
    memberOf: lineage.memberOf,
    /** Every key of its lineage that counts, the key itself first. */
    keysOf: lineage.family,
    /** How its key stands among those of its lineage. */
    keyState: lineage.state,
    ...people,
    /**
     * Node id, fingerprint (in any grouping), or unique name. Who is no administrator finds none that waits for a decision,
     * and no error names one. Errors: `not_found`, `conflict`, `bad_request`.
     */
    resolve: (who: string, admin = false) =>
      resolveNode(
        who,
        known()
          .filter((node) => admin || isDecided(node) || !seen.stranger(node))
          .map((node) => {
            const { ended, ...said } = opinion(node)
            // Of two machines with one name, the one whose certificate ended has given way to the other.
            const met = ended === undefined && isMet(node)
            return { ...said, chosen: isNameChosen(node) && !refuses(node), met }
          }),
      ),

    ...createSightings({ ...parts, ...sources, isDecided }),
    /**
     * Called by mesh with the IP addresses of all live connections of a node, before the first one is judged and whenever
     * one ends: what a subnet is trusted with holds for exactly as long. Never throws.
     */
    connected(node: NodeId, ips: readonly string[]) {
      // Anybody in the subnet makes any number of keys, and must not push out with them who was met here.
      if (domains.connected(node, ips)) changedByDocuments([node])
    },
    /** Everybody this node has an opinion of or knows: configured, decided, certified, members, pending. */
    known,
    /**
     * Fires after a decision took effect; mesh redials, resets back-off, or closes. `by`: a person or the file, or a
     * certificate or a list, of which many may come at once.
     */
    onChange: changes.on,
    /** Fires when a member comes, says Goodbye, or its connection breaks (`unsure`); not for those that stay as they are. */
    onPresence: presences.on,
  }
}

export type Trust = ReturnType<typeof createTrust>

/** The keys that these nodes have now; of two successors both, because people decide between them and have to see them. */
function presentKeys(nodes: Iterable<NodeId>, lineage: LineageView, kin: Kin): ReadonlySet<NodeId> {
  const now = new Set<NodeId>()
  for (const node of nodes) {
    now.add(lineage.current(node))
    const state = kin.state(node)
    if (state.kind === 'frozen') for (const one of state.fork.between) now.add(one)
  }
  return now
}

// Who counts as a member, and what the mesh tells of whom it sees: bounded by whom this node admits or refuses.

interface SightingsDeps extends TrustParts, Sources {
  /** Somebody spoke about the node, so it does not wait for a person any more. */
  readonly isDecided: (node: NodeId) => boolean
}

/** Refused machines of which it is known when they tried last. */
const TRIES_MAX = 1_024

function createSightings({ clock, lineage, own, seen, admits, refuses, isDecided }: SightingsDeps) {
  /** When refused machines tried to connect last, since this node started. */
  const tries = createRecent<NodeId, Pick<Member, 'addresses' | 'last_seen'>>(TRIES_MAX)
  /** Admitted here, or announced by somebody who is; and not refused. */
  function counts({ node_id, sponsor }: Member): boolean {
    if (own.has(node_id) || refuses(node_id)) return false
    // A member that has come with its new key is counted once.
    const now = lineage.current(node_id)
    if (now !== node_id && seen.member(now) !== undefined) return false
    return admits(node_id) || (sponsor !== undefined && admits(sponsor))
  }

  return {
    /**
     * Other members seen in the last 7 days, not denied, not revoked, not oneself. One that this node admits itself counts
     * whoever announced it; any other for as long as this node admits the member that announced it.
     */
    members: (): readonly Member[] => seen.members().filter(counts),
    member(node: NodeId) {
      const member = seen.member(node)
      return member && counts(member) ? member : undefined
    },
    /** Called by mesh on admission, on activity, and on Goodbye. Never throws. */
    sawMember(
      node: NodeId,
      sighting: { name?: string | undefined; addresses?: readonly string[]; offline?: boolean },
    ) {
      if (admits(node)) seen.sawMember(node, sighting)
    },
    /**
     * Called by mesh when the node's own signed presence, written `at` some time by its clock and promising another one within `againMs`, was handed on by the admitted member `by`. False
     * when it does not count as a member: refused here, or `by` is not admitted. Of those that are known by gossip alone
     * and not admitted here there are at most 64 of one `by`, 1024 in all; the longest silent ones give way. Never throws.
     */
    heardOf(
      node: NodeId,
      sighting: {
        readonly name: string
        readonly addresses: readonly string[]
        readonly offline: boolean
        readonly at?: number
        readonly againMs?: number
      },
      by: NodeId,
    ) {
      if (own.has(node) || refuses(node) || !admits(by)) return false
      const before = seen.member(node)
      const sponsor = before?.sponsor && admits(before.sponsor) ? before.sponsor : by
      if (admits(node)) {
        const linked = before && !before.sponsor
        seen.sawMember(node, linked ? sighting : { ...sighting, sponsor })
        return true
      }
      if (before?.sponsor !== sponsor) seen.makeRoom(sponsor, (one) => !admits(one))
      seen.sawMember(node, { ...sighting, sponsor })
      return true
    },
    /** Its connection broke, or a member says so. Marks it until it is seen again; a member that said Goodbye stays so. */
    lost: (node: NodeId) => seen.lost(node),
    pending: () => seen.strangers().filter(({ node_id }) => !isDecided(node_id)),
    /**
     * Called by mesh when a verified key stood in the lobby: a stranger, or one trusted here that does not trust this
     * node yet. Bounded: 64, oldest out. Of a node that is refused here, only the time of its last try is kept, until this node restarts.
     * Never throws.
     */
    sawStranger(node: NodeId, sighting: { name: string; addresses: readonly string[] }) {
      if (own.has(node)) return
      // Neither its name nor its addresses are kept, and no machine that waits for a person gives way to it.
      if (refuses(node)) tries.set(node, { addresses: [], last_seen: clock.now() })
      else seen.sawStranger(node, sighting)
    },
    /**
     * Where (multiaddrs, newest first) and when the node was last met, as a member or in the lobby; of a refused node, when it tried to
     * connect last.
     */
    met: (node: NodeId) =>
      refuses(node)
        ? tries.get(node)
        : [seen.member(node), seen.stranger(node)]
            .filter((one) => one !== undefined)
            .sort((a, b) => b.last_seen - a.last_seen)[0],
  }
}

// From what a person typed (node id, fingerprint, name) to the one node meant, or an error that helps.

export interface Candidate {
  readonly node_id: NodeId
  readonly fingerprint: string
  /** Empty if none is known. */
  readonly name: string
  /** People here call it so. Otherwise the name is its own claim, which anybody can make. */
  readonly chosen: boolean
  /** It is trusted here, or had a link to this node. Others stood in the lobby, or are known by gossip alone. */
  readonly met: boolean
}

const HINT = 'Run `karo peers` to see who is known, or give the full node id.'
/** So many candidates are listed when a name is ambiguous. */
const LISTED = 8

/**
 * `who` is a full node id (known or not), the fingerprint of a known node in any grouping, or the exact name of one
 * known node. What nobody can invent comes first: fingerprints and the names that people here chose, then what nodes
 * that were met call themselves, and last what strangers and members known by gossip alone do.
 * A name that looks like a fingerprint means nothing unless people here chose it. Never guesses: what fits several of
 * the first kind that it fits is a `conflict` that lists them, an unknown one `not_found` with the nearest name, a
 * damaged node id `bad_request`.
 */
export function resolveNode(who: string, candidates: readonly Candidate[]): NodeId {
  const text = who.trim()
  if (isNodeId(text)) return text
  if (text.startsWith('karo:')) {
    throw new KaroError('bad_request', `'${text.slice(0, 80)}' is not a node id`, {
      hint: 'A node id is karo:ed25519: and 43 characters of unpadded base64url; copy it from `karo identity show`.',
    })
  }
  const hex = text.toLowerCase().replace(/[\s:-]/g, '')
  const isFingerprint = /^[0-9a-f]{16}$/.test(hex)
  const called = candidates.filter(({ name }) => name !== '' && name === text)
  const ranks = [
    candidates.filter(
      (one) => isFingerprint && (one.fingerprint === hex || (one.chosen && one.name === text)),
    ),
    called.filter(({ chosen }) => chosen),
    ...(isFingerprint ? [] : [called.filter(({ met }) => met), called]),
  ]
  const found = ranks.find((rank) => rank.length > 0) ?? []
  if (found.length > 1) {
    const listed = found.slice(0, LISTED).map((c) => `${c.fingerprint} ${c.name} (${c.node_id})`)
    if (found.length > LISTED) listed.push(`and ${found.length - LISTED} more`)
    throw new KaroError('conflict', `'${text}' may be any of ${found.length} nodes: ${listed.join('; ')}`, {
      hint: 'Give the full node id of the one you mean.',
    })
  }
  if (found[0]) return found[0].node_id
  const near = closest(
    text,
    candidates.flatMap(({ name }) => name || []),
  )
  throw new KaroError('not_found', `no other node is known as '${text.slice(0, 80)}'`, {
    hint: near === undefined ? HINT : `Did you mean '${near}'? ${HINT}`,
  })
}
