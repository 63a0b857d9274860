// The trust room: keeps the file's and people's word on every node, and tells listeners when it changes.
import { isDeepStrictEqual } from 'node:util'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { type Certificates, CHAIN_FAULTS, NO_CERTIFICATES } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import { createDomains } from './domains.ts'
import { type Held, heldFrom, introducerOf, withdrawnFrom } from './held.ts'
import { createIntroducers } from './introducers.ts'
import { NO_INTRODUCTIONS } from './introductions.ts'
import { type Decision, type Evidence, explainSteps, standingOf, weigh } from './opinion.ts'
import type { TrustOptions } from './options.ts'
import { resolveNode } from './resolve.ts'
import { createSeen, publicKeyOf } from './seen.ts'
import { createTelling } from './telling.ts'
import { checkedLabels, checkedName, checkFile } from './terms.ts'
import type { Member, Trust } from './types.ts'

export const DECISIONS_MAX = 4096

export function createTrust(options: TrustOptions): Trust {
  const { config, repository, identity, audit, clock, log, certificates = NO_CERTIFICATES } = options
  const { introductions = NO_INTRODUCTIONS } = options
  let deniedByFile: ReadonlySet<NodeId> = new Set(config.peers.denied)
  let trustedByFile = config.peers.trusted
  /** By every key of the member, so that a key's successor inherits what was decided. */
  const decisions = new Map<NodeId, Held>()
  let heldCount = 0
  const presences = createListeners<Parameters<Parameters<Trust['onPresence']>[0]>>()
  const seen = createSeen(repository, clock, log, (member, presence) =>
    presences.tell(member.node_id, presence, member.known_by),
  )
  const changes = createTelling(log)
  const domains = createDomains(config.trust?.domains)
  // Decisions one after the other: memory follows the disk in the same order.
  const serially = createSerial()

  const evidenceOf = (node: NodeId): Evidence => {
    const met = seen.member(node) ?? seen.stranger(node)
    const fault = certificates.fault(node)
    return {
      node_id: node,
      fingerprint: met?.fingerprint ?? fingerprintOf(publicKeyOf(node)),
      display_name: met?.name ?? '',
      config_denied: deniedByFile.has(node),
      config_trusted: trustedByFile.get(node),
      decision: decisions.get(node),
      certified: certified(node),
      certificate_revoked: certificates.revoked(node),
      certificate_fault: fault === undefined ? undefined : CHAIN_FAULTS[fault],
      introduced: introducers.word(node),
      domain: domains.word(node),
      heard_of: seen.member(node) !== undefined,
    }
  }
  const opinion = (node: NodeId) => weigh(evidenceOf(node))
  const introducers = createIntroducers(introductions, saidOf, refuses)

  function refusesHere(node: NodeId): boolean {
    const decision = decisions.get(node)
    return deniedByFile.has(node) || decision?.denied === true || decision?.revoked === true
  }
  function refuses(node: NodeId): boolean {
    return refusesHere(node) || certificates.revoked(node) !== undefined
  }
  function saidOf(node: NodeId) {
    return trustedByFile.get(node) ?? decisions.get(node)
  }

  /** What was signed by an issuer that people here refuse says nothing here. */
  function certified(node: NodeId): ReturnType<Certificates['word']> {
    const word = certificates.word(node)
    return word === undefined || refusesHere(word.binding.issuer) ? undefined : word
  }

  // Asked for every frame, so without making an opinion; a test holds it against `opinion`.
  function admits(node: NodeId): boolean {
    if (node === identity.nodeId || refuses(node)) return false
    const level = trustedByFile.get(node)?.level ?? decisions.get(node)?.level
    if ((level ?? null) !== null) return level !== 'untrusted'
    if (certified(node) !== undefined || introducers.word(node) !== undefined) return true
    return (domains.word(node)?.level ?? 'untrusted') !== 'untrusted'
  }

  /** Admitted here, or announced by somebody who is; and not refused. */
  function counts({ node_id, sponsor }: Member): boolean {
    if (node_id === identity.nodeId || refuses(node_id)) return false
    return admits(node_id) || (sponsor !== undefined && admits(sponsor))
  }

  /** Somebody spoke about this node, so it does not wait for a person any more. */
  const decided = (node: NodeId): boolean =>
    deniedByFile.has(node) || trustedByFile.has(node) || decisions.has(node) || admits(node)

  /** A withdrawn node keeps a name that it may only have claimed; the name in a certificate its holder chose itself. */
  function isNameChosen(node: NodeId): boolean {
    const decision = decisions.get(node)
    const stands = decision !== undefined && decision.level !== null && !refuses(node)
    return Boolean(trustedByFile.get(node)?.name || (stands && decision.name))
  }

  /** Not one that is known by the word of others or by its own alone, and nobody whom this node refuses. */
  const isMet = (node: NodeId): boolean =>
    admits(node) || (!refuses(node) && seen.member(node)?.known_by === 'link')

  function hold(held: Held): void {
    if (!decisions.has(formatNodeId(held.keys[0]))) heldCount++
    for (const key of held.keys) decisions.set(formatNodeId(key), held)
  }

  function known(): NodeId[] {
    const nodes = new Set<NodeId>([...trustedByFile.keys(), ...deniedByFile, ...decisions.keys()])
    for (const member of seen.members()) nodes.add(member.node_id)
    for (const stranger of seen.strangers()) nodes.add(stranger.node_id)
    for (const { node_id } of certificates.certified()) nodes.add(node_id)
    for (const node of [...certificates.withdrawn(), ...introducers.introduced()]) nodes.add(node)
    nodes.delete(identity.nodeId)
    return [...nodes]
  }

  function tell(node: NodeId, by: 'person' | 'certificate' = 'person'): void {
    changes.tell(node, by)
    if (by === 'certificate') return
    for (const introduced of introducers.introducedBy(node)) certificateChanged(introduced)
    // What people think of an issuer decides about everybody whom it certified.
    for (const { node_id, issuer } of certificates.certified()) {
      if (issuer === node && node_id !== node) certificateChanged(node_id)
    }
  }

  /** Makes a decision durable, then effective, then known; `next` sees the decision it replaces. */
  function decide(
    action: 'trust' | 'deny' | 'revoke',
    node: NodeId,
    next: (before: Held | undefined) => Omit<Decision, 'decided_at'> | undefined,
  ): Promise<void> {
    return serially(async () => {
      const before = decisions.get(node)
      const levelBefore = opinion(node).trust_level
      let changed: Omit<Decision, 'decided_at'> | undefined
      try {
        if (node === identity.nodeId) {
          throw new KaroError('bad_request', 'that is this node itself', {
            hint: 'Run `karo peers` to see the others.',
          })
        }
        changed = next(before)
        if (changed !== undefined && before === undefined && heldCount >= DECISIONS_MAX) {
          throw new KaroError('conflict', `there are ${DECISIONS_MAX} decisions about nodes already`, {
            hint: 'Put nodes that stay trusted or denied into config.toml.',
          })
        }
      } catch (error) {
        const code = error instanceof KaroError ? error.code : 'internal'
        await audit.record({ type: 'trust_change', success: false, peer: node, details: { action, code } })
        throw error
      }
      if (changed === undefined) return
      const held: Held = { ...changed, keys: before?.keys ?? [publicKeyOf(node)], decided_at: clock.now() }
      await repository.write({ decisions: [held] })
      hold(held)
      if (!admits(node)) seen.forget(node, admits)
      const levelAfter = opinion(node).trust_level
      log.info({ peer: node, action, trust_level: levelAfter }, 'a person decided about a node')
      // Queued first, so that the ledger has the decision before what follows from it.
      const recorded = audit.record({
        type: 'trust_change',
        success: true,
        peer: node,
        details: { action, level_before: levelBefore, level_after: levelAfter },
      })
      tell(node)
      await recorded
    })
  }

  /** As `decide`, for every node that the file says something else about now. */
  function reload(): Promise<void> {
    return serially(async () => {
      const { denied, trusted } = config.peers
      const named = new Set([...deniedByFile, ...trustedByFile.keys(), ...denied, ...trusted.keys()])
      for (const node of domains.nodes()) named.add(node)
      const said = (node: NodeId) => ({ ...opinion(node), introducer: introducers.scopeOf(node) })
      const before = new Map([...named].map((node) => [node, said(node)]))
      deniedByFile = new Set(denied)
      domains.use(config.trust?.domains)
      trustedByFile = trusted
      const recorded: Promise<unknown>[] = []
      for (const [node, was] of before) {
        const is = said(node)
        if (isDeepStrictEqual(was, is)) continue
        if (!admits(node)) seen.forget(node, admits)
        log.info(
          { peer: node, action: 'reload', trust_level: is.trust_level },
          'the configuration decides anew about a node',
        )
        const details = { action: 'reload', level_before: was.trust_level, level_after: is.trust_level }
        recorded.push(audit.record({ type: 'trust_change', success: true, peer: node, details }))
        tell(node)
      }
      await Promise.all(recorded)
    })
  }

  function certificateChanged(node: NodeId): void {
    if (node === identity.nodeId) return
    if (!admits(node)) seen.forget(node, admits)
    tell(node, 'certificate')
  }
  for (const source of [certificates, introductions]) source.onChange(certificateChanged)

  const withdrawn = (node: NodeId, before: Held | undefined) => withdrawnFrom(before, opinion(node).name)
  return {
    name: 'trust',

    async start(signal) {
      signal.throwIfAborted()
      const stored = await repository.load()
      for (const record of stored.decisions) hold(heldFrom(record, log))
      seen.load(stored.sightings, stored.strangers)
    },

    async stop() {
      await serially(async () => {})
      await seen.flush()
    },

    reload,
    opinion,
    standing: (node) => standingOf(evidenceOf(node)),
    admits,
    refuses,
    explain: (node) => explainSteps(evidenceOf(node)),
    decidedAt: (node) => evidenceOf(node).decision?.decided_at,

    async trust(node, terms) {
      const name = terms.name === undefined ? undefined : checkedName(terms.name)
      const roles = checkedLabels('role', terms.roles)
      const teams = checkedLabels('team', terms.teams)
      await decide('trust', node, (before) => {
        checkFile({ ...terms, name }, deniedByFile.has(node), trustedByFile.get(node))
        // The file already says so, and nothing here says otherwise.
        if (trustedByFile.has(node) && before === undefined) return undefined
        return {
          level: terms.level ?? trustedByFile.get(node)?.level ?? before?.level ?? 'peer',
          name: name ?? before?.name ?? '',
          roles: roles ?? before?.roles ?? [],
          teams: teams ?? before?.teams ?? [],
          denied: false,
          revoked: false,
          ...introducerOf(terms, before),
        }
      })
    },
    deny: (node) => decide('deny', node, (before) => ({ ...withdrawn(node, before), denied: true })),
    revoke: (node) => decide('revoke', node, (before) => ({ ...withdrawn(node, before), revoked: true })),

    resolve: (who) =>
      resolveNode(
        who,
        known().map((node) => ({ ...opinion(node), chosen: isNameChosen(node), met: isMet(node) })),
      ),

    members: () => seen.members().filter(counts),
    member(node) {
      const member = seen.member(node)
      return member !== undefined && counts(member) ? member : undefined
    },
    sawMember(node, sighting) {
      if (admits(node)) seen.sawMember(node, sighting)
    },
    heardOf(node, sighting, by) {
      if (node === identity.nodeId || refuses(node) || !admits(by)) return false
      const before = seen.member(node)
      const sponsor = before?.sponsor !== undefined && admits(before.sponsor) ? before.sponsor : by
      if (admits(node)) {
        const linked = before !== undefined && before.sponsor === undefined
        seen.sawMember(node, linked ? sighting : { ...sighting, sponsor })
        return true
      }
      if (before?.sponsor !== sponsor) seen.makeRoom(sponsor, (one) => !admits(one))
      seen.sawMember(node, { ...sighting, sponsor })
      return true
    },
    lost: (node) => seen.lost(node),
    pending: () => seen.strangers().filter(({ node_id }) => !decided(node_id)),
    sawStranger(node, sighting) {
      if (node !== identity.nodeId && !refuses(node)) seen.sawStranger(node, sighting)
    },
    connected(node, ips) {
      if (domains.connected(node, ips)) tell(node, 'certificate')
    },
    met: (node) => seen.member(node) ?? seen.stranger(node),
    known,
    onChange: changes.on,
    onPresence: presences.on,
  }
}
