// Everything that speaks about a node, gathered: the file, people here, certificates, subnets, its own claims.
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Certificates, CHAIN_FAULTS } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import type { Lineage } from '../lineage/index.ts'
import { type Admission, createAdmission } from './admission.ts'
import type { createDomains } from './domains.ts'
import type { Held } from './held.ts'
import { createKin, type Kin, type KinDeps } from './kin.ts'
import { type Evidence, weigh } from './opinion.ts'
import type { TrustOptions } from './options.ts'
import { publicKeyOf, type Seen } from './seen.ts'
import type { PeerOpinion } from './types.ts'

export interface SourcesDeps extends Pick<TrustOptions, 'identity'> {
  readonly certificates: Certificates
  readonly lineage: Lineage
  readonly decisions: ReadonlyMap<NodeId, Held>
  readonly domains: ReturnType<typeof createDomains>
  readonly seen: Pick<Seen, 'member' | 'stranger'>
  readonly file: KinDeps['file']
}

export interface Sources extends Pick<Admission, 'refuses' | 'bars' | 'admits'> {
  readonly kin: Kin
  /** This node's key, and those before it: whoever comes with one of them is another machine. */
  readonly own: ReadonlySet<NodeId>
  readonly evidenceOf: (node: NodeId) => Evidence
  readonly opinion: (node: NodeId) => PeerOpinion
}

export function createSources(deps: SourcesDeps): Sources {
  const { identity, certificates, lineage, decisions, domains, seen, file } = deps
  const kin = createKin({
    lineage,
    certificates,
    decisions,
    file,
  })
  lineage.decideBy(kin.choice)
  const own = new Set([identity.nodeId, ...(identity.former ?? []).map(({ nodeId }) => nodeId)])

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
