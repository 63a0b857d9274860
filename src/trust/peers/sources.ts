// Everything that speaks about a node, gathered: the file, people here, certificates, subnets, its own claims.
import type { NodeId } from '../../../protocols/node-id.ts'
import { CHAIN_FAULTS } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import { createAdmission } from './admission.ts'
import { createKin } from './kin.ts'
import { type Evidence, weigh } from './opinion.ts'
import type { TrustParts } from './options.ts'
import { publicKeyOf } from './seen.ts'

export type Sources = ReturnType<typeof createSources>

export function createSources(parts: TrustParts) {
  const { identity, certificates, lineage, domains, seen } = parts
  const kin = createKin(parts)
  lineage.decideBy(kin.choice)
  /** This node's key, and those before it: whoever comes with one of them is another machine. */
  const own: ReadonlySet<NodeId> = new Set([
    identity.nodeId,
    ...(identity.former ?? []).map(({ nodeId }) => nodeId),
  ])

  const { refuses, bars, certified, admits } = createAdmission(kin, own, domains.word)

  const evidenceOf = (node: NodeId): Evidence => {
    const met = seen.member(node) ?? seen.stranger(node)
    const word = kin.word(node)
    const isVoid = word !== undefined && kin.refusedHere(word.binding.issuer)
    const fault = certificates.fault(node)
    return {
      node_id: node,
      fingerprint: met?.fingerprint ?? fingerprintOf(publicKeyOf(node)),
      display_name: met?.name ?? '',
      config_denied: kin.deniedByFile(node),
      config_trusted: kin.trustedByFile(node),
      decision: kin.decision(node),
      certified: certified(node),
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
