// Says who asks: the node that signed a question, or the operator who asks through it; the one place that decides this.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { Binding, Operators } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import { type Principal, principalOf } from '../policy/index.ts'
import { type DelegationFault, delegationFault, faultWords, readDelegation } from './delegation.ts'
import type { Asker, Asking } from './types.ts'

/** Delegations whose signature was checked: each comes with every question of its session. */
const READ_MAX = 256

export interface PrincipalsDeps {
  /** Of nodes, of operators and of issuers alike: what people here say of that key. */
  readonly opinion: (node: NodeId) => Principal & { readonly revoked: boolean }
  readonly operators: Pick<Operators, 'verdict' | 'mesh'>
  readonly clock: Pick<Clock, 'now'>
}

export function createPrincipals({ opinion, operators, clock }: PrincipalsDeps) {
  const read = createRecent<string, ReturnType<typeof readDelegation>>(READ_MAX)

  /** The operator, or the reason why there is none. */
  function operatorOf({ author, body }: Asking, shown: NonNullable<Asking['body']['operator']>): Found {
    const digest = toHex(blake3([shown.delegation]))
    const delegation = read.getOrInsert(digest, () => readDelegation(shown.delegation))
    if (typeof delegation === 'string') return { fault: delegation }
    const { by: id, key } = delegation
    const own = operators.mesh()
    if (own === undefined) return { fault: 'no_mesh', claimed: id }
    const { query_type: type, audience_key: audienceKey } = body
    const fault = delegationFault(delegation.body, {
      mesh: own,
      node: author,
      audienceKey,
      type,
      at: clock.now(),
    })
    // Everybody who carried a question of the operator can show its delegation again: it does not say who asks here.
    if (fault !== undefined) return { fault, claimed: id }
    return certified(key, shown.chain)
  }

  function certified(key: Uint8Array, chain: readonly Uint8Array[]): Found {
    const id = formatNodeId(key)
    const found = certifiedHere(operators, opinion, key, chain)
    if ('fault' in found) {
      const { fault, name } = found
      // A key that nobody here has heard of costs nothing to make.
      return { fault, ...(name === undefined ? { claimed: id } : { operator: { id, name } }) }
    }
    const { binding, level } = found
    return { operator: { id, name: binding.name }, binding, level }
  }

  /** A node that may have nothing gives nothing to those who ask through it. */
  const isClosed = ({ denied, trust_level }: Principal): boolean => denied || trust_level === 'untrusted'

  function askerOf(node: Principal, found: Found): Asker {
    if ('fault' in found) {
      const { fault, ...said } = found
      const principal = { ...node, roles: [], teams: [], denied: true }
      return { ...said, principal, fault: { rule: `operator.${fault}`, reason: faultWords(fault) } }
    }
    const { denied: _, trust_level: __, ...through } = node
    const { operator, binding, level } = found
    return {
      operator,
      principal: {
        node_id: node.node_id,
        trust_level: level,
        denied: false,
        roles: binding.roles,
        teams: binding.teams,
        operator: fingerprintOf(binding.key),
        operator_id: binding.node_id,
        through,
      },
    }
  }

  return {
    /**
     * The node that asks, or the operator who asks through it. A question with a delegation that does not hold is never
     * judged as the node's own: its principal is denied. Never throws.
     */
    resolve(question: Asking) {
      const node = principalOf(opinion(question.authorId))
      const { operator: shown } = question.body
      // A question of a node that may ask nothing is refused before the signatures of an operator are checked.
      if (shown === undefined || isClosed(node)) return { principal: node }
      return askerOf(node, operatorOf(question, shown))
    },
    /** The same for an operator whose delegation holds: what a login at the node `through` comes to here. Never throws. */
    suppose({
      key,
      chain,
      through,
    }: {
      /** Ed25519 key of the operator. */
      readonly key: Uint8Array
      /** From the certificate of the issuer to that of the operator. */
      readonly chain: readonly Uint8Array[]
      readonly through: NodeId
    }) {
      const node = principalOf(opinion(through))
      if (isClosed(node)) return { principal: node }
      return askerOf(node, certified(key, chain))
    },
  }
}

export type Principals = ReturnType<typeof createPrincipals>

type Found =
  | (Pick<Asker, 'operator' | 'claimed'> & { readonly fault: DelegationFault })
  | {
      readonly operator: NonNullable<Asker['operator']>
      readonly binding: Binding
      readonly level: TrustLevel
    }

const isRefused = ({ denied, revoked }: { readonly denied: boolean; readonly revoked: boolean }): boolean =>
  denied || revoked

/** The result of an operator's certificates, and of what people here decided about the two keys; `name` is that of the operator, where it is known. */
export function certifiedHere(
  { verdict: judge }: Pick<Operators, 'verdict'>,
  opinion: PrincipalsDeps['opinion'],
  key: Uint8Array,
  chain: readonly Uint8Array[],
) {
  const verdict = judge(chain, key)
  if (!verdict.ok) {
    const fault = verdict.fault === 'no_mesh' ? verdict.fault : (`certificate_${verdict.fault}` as const)
    return { fault, name: verdict.name }
  }
  const { node_id: id, issuer, name } = verdict.binding
  if (isRefused(opinion(id))) return { fault: 'denied' as const, name }
  if (isRefused(opinion(issuer))) return { fault: 'issuer_denied' as const, name }
  return verdict
}
