// Weighs what is said about one node into one opinion: the strongest source that speaks decides, a denial always wins.
import type { NodeId } from '../../../protocols/node-id.ts'
import { rolesThatCount } from '../../base/words/roles.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { TrustedPeer } from '../../config/index.ts'
import type { CertifiedWord } from '../certificates/index.ts'
import type { KeyState } from '../lineage/index.ts'
import type { DomainWord } from './domains.ts'
import type { OpinionStep, PeerOpinion, Standing } from './types.ts'

/** What a person on this node decided about one member. */
export interface Decision {
  /** Null: no trust was given, or it was taken back. */
  readonly level: TrustLevel | null
  /** Empty: no name was chosen. */
  readonly name: string
  /** False: the node gave itself the name. Absent in records of older releases. */
  readonly name_chosen?: boolean
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  readonly denied: boolean
  readonly revoked: boolean
  /** Milliseconds since the epoch. */
  readonly decided_at: number
}

/** Everything this node heard about another. */
export interface Evidence {
  readonly node_id: NodeId
  readonly fingerprint: string
  /** What the peer calls itself; empty if it was never heard. */
  readonly display_name: string
  readonly config_denied: boolean
  readonly config_trusted: TrustedPeer | undefined
  readonly decision: Decision | undefined
  /** What a certificate that holds now says. */
  readonly certified: CertifiedWord | undefined
  /** An issuer or the root revoked its key. */
  readonly certificate_revoked:
    | { readonly at: number; readonly by: NodeId; readonly name: string }
    | undefined
  /** Why the certificates that it showed last say nothing. */
  readonly certificate_fault: string | undefined
  /** How its key stands among those that it had before or has now. */
  readonly lineage: KeyState
  readonly other_keys: readonly NodeId[]
  /** The first key of its lineage. */
  readonly member_since?: NodeId | undefined
  /** What a subnet says, as long as the node is connected from there. */
  readonly domain: DomainWord | undefined
  /** A member spoke of it, or it was one. */
  readonly heard_of: boolean
}

/** Another key has taken its place for good. */
export const isOver = ({ kind }: KeyState): boolean => kind === 'retired' || kind === 'rejected'

export function weigh(evidence: Evidence): PeerOpinion {
  const { config_trusted: file, decision, certified } = evidence
  const revoked = (decision?.revoked ?? false) || evidence.certificate_revoked !== undefined
  const organisation = certified?.binding.name ?? evidence.certificate_revoked?.name
  const base = {
    node_id: evidence.node_id,
    ...(evidence.other_keys.length === 0 ? {} : { other_keys: evidence.other_keys }),
    fingerprint: evidence.fingerprint,
    name: file?.name || decision?.name || organisation || evidence.display_name,
    denied: evidence.config_denied || (decision?.denied ?? false),
    revoked,
  }
  const nothing = { trust_level: 'untrusted', roles: [], teams: [] } as const
  if (evidence.config_denied) return { ...base, ...nothing, why: 'config' }
  if (base.denied || decision?.revoked) return { ...base, ...nothing, why: 'tofu' }
  if (revoked) return { ...base, ...nothing, why: 'certificate' }
  if (evidence.lineage.kind === 'frozen') return { ...base, ...nothing, why: 'frozen' }
  if (isOver(evidence.lineage)) return { ...base, ...nothing, why: 'rotated' }
  if (file !== undefined) {
    return { ...base, trust_level: file.level, roles: file.roles, teams: file.teams, why: 'config' }
  }
  if (decision !== undefined && decision.level !== null) {
    return {
      ...base,
      trust_level: decision.level,
      roles: rolesThatCount(decision.roles),
      teams: decision.teams,
      why: 'tofu',
    }
  }
  if (certified !== undefined) {
    const { roles, teams } = certified.binding
    return { ...base, trust_level: certified.level, roles, teams, why: 'certificate' }
  }
  const { domain } = evidence
  if (domain !== undefined)
    return { ...base, trust_level: domain.level, roles: [], teams: domain.teams, why: 'domain' }
  return { ...base, ...nothing, why: 'default' }
}

/** Membership, apart from the level: the same sources in the same order. */
export function standingOf(evidence: Evidence): Standing {
  const { denied, revoked, trust_level, why } = weigh(evidence)
  // A certified node is a member also while its level opens nothing: it has the list that makes certificates count again.
  const admitted = !denied && !revoked && (trust_level !== 'untrusted' || why === 'certificate')
  if (admitted) return 'member'
  // A frozen lineage keeps its connections, by which a decision about it comes; no data goes over them.
  if (why === 'frozen') return standingOf({ ...evidence, lineage: { kind: 'current' } })
  return evidence.heard_of ? 'known' : 'stranger'
}

/** The chain of sources, strongest first, each with what it says; exactly one decides, the same as in `weigh`. */
export function explainSteps(evidence: Evidence): OpinionStep[] {
  const { config_denied, config_trusted: file, decision, certificate_revoked: list } = evidence
  const when = decision === undefined ? '' : ` on ${new Date(decision.decided_at).toISOString()}`
  const sources: readonly (Omit<OpinionStep, 'decides'> & { readonly speaks: boolean })[] = [
    {
      source: 'denied',
      speaks: config_denied || (decision?.denied ?? false),
      says: config_denied
        ? 'the configuration denies its key ([peers] denied)'
        : decision?.denied
          ? `a person here denied it${when}`
          : 'not denied',
    },
    {
      source: 'revoked',
      speaks: (decision?.revoked ?? false) || list !== undefined,
      says: decision?.revoked
        ? `a person here took its trust back${when}`
        : list !== undefined
          ? `${list.by} revoked its key on ${new Date(list.at).toISOString()}`
          : 'not revoked',
    },
    ...lineageSteps(evidence),
    {
      source: 'config',
      speaks: file !== undefined,
      says:
        file === undefined
          ? 'the configuration does not name it ([peers.trusted])'
          : `the configuration trusts it${terms(file.level, file.name ?? '', file)}`,
    },
    {
      source: 'tofu',
      speaks: (decision?.level ?? null) !== null,
      says:
        decision === undefined || decision.level === null
          ? 'nobody trusted it by hand (karo peers trust)'
          : `a person here trusted it${when}${terms(decision.level, decision.name, decision)}`,
    },
    { source: 'certificate', ...certificateStep(evidence) },
    { source: 'domain', ...domainStep(evidence) },
    {
      source: 'default',
      speaks: true,
      says: 'untrusted; when it asks to join, karo peers pending shows it',
    },
  ]
  const deciding = sources.findIndex((source) => source.speaks)
  return sources.map(({ source, says }, i) => ({ source, says, decides: i === deciding }))
}

/** None for a key that was never rotated. */
function lineageSteps(evidence: Evidence) {
  const { lineage, node_id, member_since: first } = evidence
  if (lineage.kind === 'current' && (first === undefined || first === node_id)) return []
  const source = lineage.kind === 'frozen' ? ('frozen' as const) : ('rotated' as const)
  return [{ source, ...lineageStep(evidence) }]
}

function lineageStep({ lineage, member_since: first }: Evidence) {
  switch (lineage.kind) {
    case 'current':
      return {
        speaks: false,
        says: `its key took the place of others, the first of them ${first}; what is said about one of them counts for all`,
      }
    case 'replaced':
      return {
        speaks: false,
        says: `its key was replaced by ${lineage.by}; it is honoured until ${new Date(lineage.until).toISOString()}`,
      }
    case 'retired':
      return {
        speaks: true,
        says: `its key was replaced by ${lineage.by}, and is honoured no more since ${new Date(lineage.until).toISOString()}`,
      }
    case 'rejected':
      return { speaks: true, says: `its key is not the successor that was chosen: that is ${lineage.chosen}` }
    case 'frozen':
      return {
        speaks: true,
        says: `the key ${lineage.fork.at} stands in two rotations, with ${lineage.fork.between.join(' and ')}: one of them may be a thief's. It opens no data until somebody here decides (karo peers trust, for the right one) or an issuer revokes the other`,
      }
  }
}

function certificateStep({ certified, certificate_fault: fault }: Evidence) {
  if (certified === undefined) {
    const says =
      fault === undefined ? 'no certificate of it is known here' : `its certificate is not valid: ${fault}`
    return { speaks: false, says }
  }
  const { binding, level, stale } = certified
  const until = `${new Date(binding.not_after).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const says = `${binding.issuer} certified it until ${until}${terms(level, binding.name, binding)}`
  return {
    speaks: true,
    says: stale
      ? `${says}; no revocation list came here for a week, so it opens no data until one does`
      : says,
  }
}

function domainStep({ domain }: Evidence) {
  if (domain === undefined)
    return { speaks: false, says: 'it is not connected from a subnet that [trust.domains] names' }
  const { subnet, ip, level, teams } = domain
  const what = terms(level, '', { roles: [], teams })
  return {
    speaks: true,
    says: `it is connected from ${ip}, and [trust.domains] gives ${subnet}${what.slice(1)}`,
  }
}

function terms(
  level: TrustLevel,
  name: string,
  { roles, teams }: { readonly roles: readonly string[]; readonly teams: readonly string[] },
): string {
  const parts = [`level ${level}`]
  if (name !== '') parts.push(`name ${name}`)
  if (roles.length > 0) parts.push(`roles ${roles.join(', ')}`)
  if (teams.length > 0) parts.push(`teams ${teams.join(', ')}`)
  return `: ${parts.join('; ')}`
}
