// Verifies a chain of certificates: one pure function from bytes, a root, a moment and a list to a binding or a reason.
import { Certificate, type CertificateBody, CHAIN_MAX } from '../../../protocols/messages/certificate.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { toHex } from '../../base/hex.ts'
import { privileged, rolesThatCount } from '../../base/words/roles.ts'
import { isFuture, isSame, readStatement, type Statement, timeFault } from '../identity/index.ts'

/** What a certificate may be used for. An `operator` is a person, whose key is no node and signs delegations alone. */
export type Usage = 'issuer' | 'node' | 'operator'

/** The statement of a verified chain about one key. */
export interface Binding {
  readonly usage: Usage
  readonly node_id: NodeId
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array
  /** Fingerprint of the first key of its lineage, 16 hex digits; for people and for inventories, never for authority. */
  readonly member_id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Who has the machine, as its issuer says; absent: the issuer does not say. */
  readonly owner?: string | undefined
  /** Privileged roles that this key may give to others; empty for a node. */
  readonly grants: readonly string[]
  /** Who signed the last certificate: the root or an issuer. */
  readonly issuer: NodeId
  /** Milliseconds since the epoch: when the last certificate was signed, and between when it holds. */
  readonly issued_at: number
  readonly not_before: number
  /** The earliest end in the chain. */
  readonly not_after: number
}

/** The longest time a certificate may hold, by usage. A lost laptop's ends by itself within a month. */
export const LIFE_MAX_MS: Readonly<Record<Usage, number>> = {
  issuer: 400 * DAY_MS,
  node: 30 * DAY_MS,
  operator: 30 * DAY_MS,
}

/** Why a chain says nothing. */
export const CHAIN_FAULTS = {
  empty: 'there is no certificate',
  too_deep: `there are more than ${CHAIN_MAX} certificates`,
  malformed: 'a certificate cannot be read',
  bad_signature: 'a certificate was changed after it was signed',
  unknown_root: 'no root that this node trusts signed the first certificate',
  reordered: 'the certificates are not in their order',
  self_issued: 'a key signed its own certificate',
  wrong_usage: 'a certificate was made for another use',
  wrong_mesh: 'a certificate is of another mesh',
  over_granted: 'it names a role that its issuer may not give',
  other_key: 'it is about another key',
  over_long: 'a certificate holds for longer than any may',
  clock: 'a certificate was signed in the future: a clock is wrong',
  not_yet_valid: 'a certificate does not hold yet',
  expired: 'a certificate has expired',
  revoked: 'a key in it was revoked',
} as const
export type ChainFault = keyof typeof CHAIN_FAULTS

/** A root that this node was told to trust, and the identity of its mesh. */
export interface TrustedRoot {
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array
  /** 32 bytes. */
  readonly mesh: Uint8Array
}

export interface Against {
  readonly root: TrustedRoot
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `usage`: what the certificate says that the key is; only the root decides about issuers. */
  readonly isRevoked: (key: Uint8Array, usage: Usage) => boolean
  /** The key that the chain has to end with; absent: any. */
  readonly key?: Uint8Array
  /**
   * The required use of an issuer's certificate; absent: a node. A certificate of a node never counts as an operator's,
   * nor the reverse.
   */
  readonly leaf?: 'node' | 'operator'
}

export type ChainVerdict =
  | { readonly ok: true; readonly binding: Binding }
  /** `index`: of the certificate that is wrong, counted from the root. */
  | { readonly ok: false; readonly fault: ChainFault; readonly index: number }

/** One certificate of a chain, read. */
type Link = Pick<Statement<CertificateBody>, 'key' | 'body'>

/** The key that the last certificate of a chain is about; undefined when that cannot be read. */
export function lastKeyOf(chain: readonly Uint8Array[]): NodeId | undefined {
  const last = readStatement(Certificate, chain.at(-1) ?? new Uint8Array())
  return typeof last === 'string' ? undefined : formatNodeId(last.body.key)
}

/**
 * `chain`: from the certificate that the root signed to the one of the node. Never throws. The order of checks: shape,
 * signatures, who signed whom, mesh, grants, the key, times, revocation. The first fault is returned.
 */
export function verifyChain(chain: readonly Uint8Array[], against: Against): ChainVerdict {
  if (chain.length === 0) return { ok: false, fault: 'empty', index: 0 }
  if (chain.length > CHAIN_MAX) return { ok: false, fault: 'too_deep', index: CHAIN_MAX }
  const links: Link[] = []
  for (const [index, bytes] of chain.entries()) {
    const link = readStatement(Certificate, bytes)
    if (typeof link === 'string') return { ok: false, fault: link, index }
    links.push(link)
  }
  return judge(links, against)
}

/** The same for certificates whose signatures were checked before; it costs none. */
export function judge(links: readonly Link[], against: Against): ChainVerdict {
  for (const check of [signerFault, contentFault, lifeFault, revocationFault]) {
    for (const [index] of links.entries()) {
      const fault = check(links, index, against)
      if (fault !== undefined) return { ok: false, fault, index }
    }
  }
  return { ok: true, binding: bindingOf(links) }
}

type Check = (links: readonly Link[], index: number, against: Against) => ChainFault | undefined

/** Who signed whom, and for what. */
const signerFault: Check = (links, index, { root, leaf = 'node' }) => {
  const { key: signer, body } = links[index] as Link
  const above = index === 0 ? root.key : (links[index - 1] as Link).body.key
  if (isSame(signer, body.key)) return 'self_issued'
  if (!isSame(signer, above)) {
    const elsewhere = links.some((link) => isSame(link.key, index === 0 ? root.key : signer))
    if (index === 0) return elsewhere ? 'reordered' : 'unknown_root'
    return isSame(signer, root.key) ? 'reordered' : 'bad_signature'
  }
  // The root certifies issuers, and issuers certify nodes and operators.
  if (body.usage !== (index === 0 ? 'issuer' : leaf)) return 'wrong_usage'
  if (leaf === 'operator' && links.length < 2) return 'wrong_usage'
  return undefined
}

const contentFault: Check = (links, index, { root, key }) => {
  const { body } = links[index] as Link
  if (!isSame(body.mesh, root.mesh)) return 'wrong_mesh'
  const { grants } = (links[0] as Link).body
  if (index > 0 && body.grants.length > 0) return 'over_granted'
  if (!privileged([...body.roles, ...body.grants]).every((role) => index === 0 || grants.includes(role)))
    return 'over_granted'
  if (key && index === links.length - 1 && !isSame(body.key, key)) return 'other_key'
  return undefined
}

const lifeFault: Check = (links, index, { at }) => {
  const { body } = links[index] as Link
  const life = body.not_after - body.not_before
  if (life <= 0 || life > LIFE_MAX_MS[body.usage as Usage]) return 'over_long'
  if (isFuture(body.version, at)) return 'clock'
  return timeFault(body, at)
}

const revocationFault: Check = (links, index, { isRevoked }) => {
  const { body } = links[index] as Link
  return isRevoked(body.key, body.usage as Usage) ? 'revoked' : undefined
}

/** The statement of certificates in their order about the last key, whether the certificates are valid or not. */
export function bindingOf(links: readonly Link[]): Binding {
  const { key: signer, body } = links.at(-1) as Link
  return {
    usage: body.usage as Usage,
    node_id: formatNodeId(body.key),
    key: body.key,
    member_id: toHex(body.member),
    name: body.name,
    roles: rolesThatCount(body.roles),
    teams: body.teams,
    owner: body.owner,
    grants: body.grants,
    issuer: formatNodeId(signer),
    issued_at: body.version,
    not_before: body.not_before,
    not_after: Math.min(...links.map((link) => link.body.not_after)),
  }
}
