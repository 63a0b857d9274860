// Everything that speaks about a node, gathered: the file, people here, certificates, subnets, its own claims; and, without making
// an opinion, whom this node admits and refuses.
import { keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { type CertifiedWord, CHAIN_FAULTS } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import { createKin } from './kin.ts'
import { type Evidence, isOver, weigh } from './opinion.ts'
import type { TrustParts } from './options.ts'

export type Sources = ReturnType<typeof createSources>

export function createSources(parts: TrustParts) {
  const { identity, certificates, lineage, domains, seen, clock } = parts
  const kin = createKin(parts)
  lineage.decideBy(kin.choice)
  /** This node's key, and those before it: whoever comes with one of them is another machine. */
  const own: ReadonlySet<NodeId> = new Set([identity.nodeId, ...identity.former.map(({ nodeId }) => nodeId)])

  /**
   * A node that a list revoked a moment ago gets no more data, and keeps its link until what it has from here is
   * emptied.
   */
  const isOut = (node: NodeId): boolean => kin.revoked(node) !== undefined && !kin.isParting(node)
  const refuses = (node: NodeId): boolean => kin.refusedHere(node) || isOut(node) || isOver(kin.state(node))
  // A node that a list revoked may knock like any stranger: it is shown that list, and hears of it in no other way.
  const bars = (node: NodeId): boolean => kin.refusedHere(node) || kin.state(node).kind === 'rejected'

  /** What its certificates come to; what was signed by an issuer that people here refuse says nothing here. */
  function certified(node: NodeId): CertifiedWord | undefined {
    const word = kin.word(node)
    return word === undefined || kin.refusedHere(word.binding.issuer) ? undefined : word
  }

  /** Asked for connections and for every frame. A test holds the answers against opinions. */
  function admits(node: NodeId): boolean {
    if (own.has(node) || refuses(node)) return false
    const level = kin.trustedByFile(node)?.level ?? kin.decision(node)?.level
    if ((level ?? null) !== null) return level !== 'untrusted'
    if (kin.isParting(node)) return true
    if (certified(node) !== undefined) return true
    // What its subnet says, where neither the file, nor a person here, nor a certificate does.
    return (domains.word(node)?.level ?? 'untrusted') !== 'untrusted'
  }

  const evidenceOf = (node: NodeId): Evidence => {
    const met = seen.member(node) ?? seen.stranger(node)
    const word = kin.word(node)
    const counts = certified(node)
    const isVoid = word !== undefined && counts === undefined
    const fault = certificates.fault(node)
    const last = word === undefined ? kin.lately(node) : undefined
    return {
      node_id: node,
      fingerprint: met?.fingerprint ?? fingerprintOf(keyOf(node)),
      display_name: met?.name ?? '',
      config_denied: kin.deniedByFile(node),
      config_trusted: kin.trustedByFile(node),
      decision: kin.decision(node),
      certified: counts,
      // A new key may have no certificate yet, while that of the key before it still holds.
      ended: last && (last.not_after > clock.now() || kin.refusedHere(last.issuer)) ? undefined : last,
      certificate_revoked: kin.revoked(node),
      certificate_fault: isVoid
        ? `${word.binding.issuer}, which signed it, is refused here`
        : fault && CHAIN_FAULTS[fault],
      lineage: kin.state(node),
      other_keys: lineage.family(node).filter((key) => key !== node),
      member_since: lineage.memberOf(node),
      domain: domains.word(node),
      heard_of: seen.member(node) !== undefined,
    }
  }
  const opinion = (node: NodeId) => weigh(evidenceOf(node)).opinion

  return { kin, own, refuses, bars, admits, evidenceOf, opinion }
}
