// Weighs what is said about one node into one opinion: the strongest source that speaks decides, a denial always wins.
import type { NodeId } from '../../../protocols/node-id.ts'
import { rolesThatCount } from '../../base/words/roles.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { TrustedPeer } from '../../config/index.ts'
import type { DecisionRecord } from '../../store/tables/members.ts'
import type { CertifiedWord } from '../certificates/index.ts'
import type { KeyState } from '../lineage/index.ts'
import type { DomainWord } from './domains.ts'
import type { OpinionStep, PeerOpinion, Standing } from './types.ts'

/** What a person on this node decided about one member. */
export interface Decision extends Omit<DecisionRecord, 'keys' | 'chosen' | 'level'> {
  /** Null: no trust was given, or it was taken back. */
  readonly level: TrustLevel | null
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
  /** What its certificate said, which ended not long ago. */
  readonly ended?: PeerOpinion['ended']
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

/** What one source says of a node. */
interface Source extends Pick<OpinionStep, 'source'> {
  /** What it comes to; undefined: this source does not speak of the node. */
  readonly gives: Given | undefined
  /** For people; made only when somebody asks. */
  readonly says: () => string
}
type Given = Pick<PeerOpinion, 'trust_level' | 'roles' | 'teams' | 'why'>

type Places = Pick<Decision, 'roles' | 'teams'>
const given = (trust_level: TrustLevel, { roles, teams }: Places, why: PeerOpinion['why']): Given => ({
  trust_level,
  roles: rolesThatCount(roles),
  teams,
  why,
})
const NOWHERE = { roles: [], teams: [] }
const nothing = (why: PeerOpinion['why']) => given('untrusted', NOWHERE, why)

/** Every source, strongest first. */
function* sourcesOf(evidence: Evidence): Generator<Source> {
  const {
    config_denied,
    config_trusted: file,
    decision,
    certificate_revoked: list,
    certified,
    domain,
  } = evidence
  const when = (): string => ` on ${new Date(decision?.decided_at ?? 0).toISOString()}`
  yield {
    source: 'denied',
    gives: config_denied ? nothing('config') : decision?.denied ? nothing('tofu') : undefined,
    says: () =>
      config_denied
        ? 'the configuration denies its key ([peers] denied)'
        : decision?.denied
          ? `a person here denied it${when()}`
          : 'not denied',
  }
  yield {
    source: 'revoked',
    gives: decision?.revoked ? nothing('tofu') : list && nothing('certificate'),
    says: () =>
      decision?.revoked
        ? `a person here took its trust back${when()}`
        : list === undefined
          ? 'not revoked'
          : `${list.by} revoked its key on ${new Date(list.at).toISOString()}`,
  }
  yield* lineageOf(evidence)
  yield {
    source: 'config',
    gives: file && given(file.level, file, 'config'),
    says: () =>
      file === undefined
        ? 'the configuration does not name it ([peers.trusted])'
        : `the configuration trusts it${terms(file.level, file.name ?? '', file)}`,
  }
  const level = decision?.level ?? undefined
  // A yes by hand to what a certificate gives anyway leaves roles and teams to it.
  const isPlain =
    level === 'peer' && certified?.level === level && !decision?.roles.length && !decision?.teams.length
  yield {
    source: 'tofu',
    gives: decision && level && !isPlain ? given(level, decision, 'tofu') : undefined,
    says: () =>
      decision === undefined || level === undefined
        ? 'nobody trusted it by hand (karo peers trust)'
        : `a person here trusted it${when()}${terms(level, decision.name, decision)}`,
  }
  yield {
    source: 'certificate',
    gives: certified && given(certified.level, certified.binding, 'certificate'),
    says: () => certificateSays(evidence),
  }
  yield {
    source: 'domain',
    gives: domain && given(domain.level, { roles: [], teams: domain.teams }, 'domain'),
    says: () =>
      domain === undefined
        ? 'it is not connected from a subnet that [trust.domains] names'
        : `it is connected from ${domain.subnet}, to which [trust.domains] gives${terms(domain.level, '', { roles: [], teams: domain.teams }).slice(1)}`,
  }
  yield {
    source: 'default',
    gives: nothing('default'),
    says: () => 'untrusted; when it asks to join, karo peers pending shows it',
  }
}

/** What it comes to, and the chain of sources that led there: exactly one decides, the first that speaks. */
export function weigh(evidence: Evidence): {
  readonly opinion: PeerOpinion
  readonly steps: () => readonly OpinionStep[]
} {
  const { config_trusted: file, decision, certified, ended, certificate_revoked: list, other_keys } = evidence
  const sources = [...sourcesOf(evidence)]
  const deciding = sources.find(({ gives }) => gives !== undefined)
  const opinion = {
    node_id: evidence.node_id,
    other_keys: other_keys.length === 0 ? undefined : other_keys,
    fingerprint: evidence.fingerprint,
    name:
      file?.name || decision?.name || (certified?.binding ?? list ?? ended)?.name || evidence.display_name,
    denied: evidence.config_denied || (decision?.denied ?? false),
    revoked: (decision?.revoked ?? false) || list !== undefined,
    ...(deciding?.gives ?? nothing('default')),
    ended: deciding?.source === 'default' ? ended : undefined,
  }
  return {
    opinion,
    steps: () => sources.map((one) => ({ source: one.source, says: one.says(), decides: one === deciding })),
  }
}

/** Membership, apart from the level: the same sources in the same order. */
export function standingOf(evidence: Evidence): Standing {
  const { denied, revoked, trust_level, why } = weigh(evidence).opinion
  // A certified node is a member also while its level opens nothing: it has the list that makes certificates count again.
  if (!denied && !revoked && (trust_level !== 'untrusted' || why === 'certificate')) return 'member'
  // A frozen lineage keeps its connections, by which a decision about it comes; no data goes over them.
  if (why === 'frozen') return standingOf({ ...evidence, lineage: { kind: 'current' } })
  return evidence.heard_of ? 'known' : 'stranger'
}

/** None for a key that was never rotated. */
function* lineageOf({ lineage, node_id, member_since: first }: Evidence): Generator<Source> {
  if (lineage.kind === 'current' && (first === undefined || first === node_id)) return
  const source = lineage.kind === 'frozen' ? 'frozen' : 'rotated'
  const gives = source === 'frozen' || isOver(lineage) ? nothing(source) : undefined
  yield { source, gives, says: () => lineageSays(lineage, first) }
}

function lineageSays(lineage: KeyState, first: NodeId | undefined): string {
  switch (lineage.kind) {
    case 'current':
      return `its key took the place of others, the first of them ${first}; what is said about one of them counts for all`
    case 'replaced':
      return `its key was replaced by ${lineage.by}; it is honoured until ${new Date(lineage.until).toISOString()}`
    case 'retired':
      return `its key was replaced by ${lineage.by}, and is honoured no more since ${new Date(lineage.until).toISOString()}`
    case 'rejected':
      return `its key is not the successor that was chosen: that is ${lineage.chosen}`
    case 'frozen':
      return `the key ${lineage.fork.at} stands in two rotations, with ${lineage.fork.between.join(' and ')}: one of them may be a thief's. It opens no data until somebody here trusts the right one (karo peers trust) or an issuer revokes the other`
  }
}

function certificateSays({ certified, certificate_fault: fault }: Evidence): string {
  if (certified === undefined)
    return fault === undefined
      ? 'no certificate of it is known here'
      : `its certificate is not valid: ${fault}`
  const { binding, level, stale } = certified
  const until = `${new Date(binding.not_after).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const says = `${binding.issuer} certified it until ${until}${terms(level, binding.name, binding)}`
  return stale ? `${says}; no revocation list came here for a week, so it opens no data until one does` : says
}

function terms(level: TrustLevel, name: string, { roles, teams }: Places): string {
  const parts = [`level ${level}`]
  if (name !== '') parts.push(`name ${name}`)
  if (roles.length > 0) parts.push(`roles ${roles.join(', ')}`)
  if (teams.length > 0) parts.push(`teams ${teams.join(', ')}`)
  return `: ${parts.join('; ')}`
}
