// Facts of /doctor about certificates: this node's own, the issuers around it, and the caller's login as an operator.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Fleet, FleetState } from '../../../trust/certificates/index.ts'
import type { Sessions } from '../../../trust/operators/index.ts'
import type { Trust } from '../../../trust/peers/index.ts'
import type { DaemonFacts } from '../../contract/shapes.ts'
import { time } from '../../server/shown.ts'
import { revokedShape } from '../mesh/revoked.ts'

export interface CertificateDeps {
  readonly fleet: () => Pick<FleetState, 'lists_at' | 'stale'> &
    Partial<Pick<FleetState, 'own' | 'why_not' | 'revoked_by' | 'joining'>>
  /** Absent: this node knows of no certificates. */
  readonly certified?: Fleet['certified']
  readonly operators?: Pick<Fleet['operators'], 'list'>
  readonly sessions?: Pick<Sessions, 'state'>
  readonly trust: { readonly member?: Trust['member'] }
  readonly identity: { readonly nodeId: NodeId }
}

/** Null: this node does not belong to a mesh with a root key. */
export function certificateFacts(deps: CertificateDeps): DaemonFacts['certificate'] {
  const { lists_at, own = null, why_not = null, revoked_by = null } = deps.fleet()
  if (lists_at === null) return null
  const issuers = (deps.certified?.() ?? []).filter(
    ({ usage, node_id }) => usage === 'issuer' && node_id !== deps.identity.nodeId,
  )
  const isThere = (node: NodeId): boolean => {
    const member = deps.trust.member?.(node)
    return member !== undefined && !member.offline && !member.unsure
  }
  return {
    usage: own?.usage ?? null,
    begins_at: own === null ? null : time(own.not_before),
    ends_at: own === null ? null : time(own.not_after),
    why_not,
    revoked_by: revokedShape(revoked_by),
    issuers: issuers.length,
    issuers_there: issuers.filter(({ node_id }) => isThere(node_id)).length,
  }
}

/** Empty while no invite was refused. */
export function inviteFacts(
  deps: Pick<CertificateDeps, 'fleet'>,
): Pick<DaemonFacts, 'invite_refused' | 'invite_detail'> {
  const { refused = null, detail = null } = deps.fleet().joining ?? {}
  if (refused === null) return {}
  return { invite_refused: refused, ...(detail === null ? {} : { invite_detail: detail }) }
}

/** Null: this person asks as the node. */
export function loginFacts(
  { sessions, operators }: CertificateDeps,
  { uid, account }: { readonly uid: number; readonly account: number },
): DaemonFacts['login'] {
  const login = sessions?.state(uid, account)
  if (login === undefined) return null
  const { operator, fingerprint, name, ends_at } = login
  const known = operators?.list().find(({ binding }) => binding.node_id === operator)
  return {
    name,
    fingerprint,
    ends_at: time(ends_at),
    certificate_ends_at: known === undefined ? null : time(known.binding.not_after),
  }
}
