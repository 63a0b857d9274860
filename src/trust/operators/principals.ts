// Says who asks: the node that signed a question, or the operator who asks through it; the one place that decides this.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Operators } from '../certificates/index.ts'
import { fingerprintOf } from '../identity/index.ts'
import { type Principal, principalOf } from '../policy/index.ts'
import { type DelegationFault, delegationFault, faultWords, readDelegation } from './delegation.ts'
import type { Asker, Asking, Principals } from './types.ts'

/** Delegations whose signature was checked: each comes with every question of its session. */
const READ_MAX = 256

export interface PrincipalsDeps {
  /** Of nodes, of operators and of issuers alike: what people here say of that key. */
  readonly opinion: (node: NodeId) => Principal & { readonly revoked: boolean }
  /** Absent: this node knows no operators. */
  readonly operators?: Pick<Operators, 'verdict' | 'mesh'> | undefined
  readonly clock: Pick<Clock, 'now'>
}

export function createPrincipals({ opinion, operators, clock }: PrincipalsDeps): Principals {
  const read = createRecent<string, ReturnType<typeof readDelegation>>(READ_MAX)

  /** The operator, or why there is none. */
  function operatorOf({ author, body }: Asking, shown: NonNullable<Asking['body']['operator']>) {
    const digest = toHex(blake3([shown.delegation]))
    const delegation = read.getOrInsert(digest, () => readDelegation(shown.delegation))
    if (typeof delegation === 'string') return { fault: delegation }
    const { operator: id, key } = delegation
    const own = operators?.mesh()
    if (own === undefined || operators === undefined) return { fault: 'no_mesh' as const, id }
    const { query_type: type, audience_key: audienceKey } = body
    const fault = delegationFault(delegation.body, {
      ...{ mesh: own, node: author, audienceKey, type },
      at: clock.now(),
    })
    if (fault !== undefined) return { fault, id }
    const verdict = operators.verdict(shown.chain, key)
    if (!verdict.ok) {
      const why = verdict.fault === 'no_mesh' ? verdict.fault : (`certificate_${verdict.fault}` as const)
      return { fault: why, id, name: verdict.name }
    }
    const { binding, level } = verdict
    const said = { id, name: binding.name }
    if (isRefused(opinion(id))) return { fault: 'denied' as const, ...said }
    if (isRefused(opinion(binding.issuer))) return { fault: 'issuer_denied' as const, ...said }
    return { ...said, binding, level }
  }

  return {
    resolve(question): Asker {
      const node = principalOf(opinion(question.authorId))
      const { operator: shown } = question.body
      // A node that may have nothing gives nothing to those who ask through it, and costs no look at what they show.
      if (shown === undefined || node.denied || node.trust_level === 'untrusted') return { principal: node }
      const { denied: _, trust_level: __, ...through } = node
      const { id, name = '', ...found } = operatorOf(question, shown)
      const operator = id === undefined ? {} : { operator: { id, name } }
      if ('fault' in found) {
        const { fault } = found
        const principal = { ...node, roles: [], teams: [], denied: true }
        return { ...operator, principal, fault: { rule: ruleOf(fault), reason: faultWords(fault) } }
      }
      const { binding, level } = found
      return {
        ...operator,
        principal: {
          ...{
            node_id: node.node_id,
            trust_level: level,
            denied: false,
            roles: binding.roles,
            teams: binding.teams,
          },
          operator: fingerprintOf(binding.key),
          operator_id: binding.node_id,
          through,
        },
      }
    },
  }
}

const ruleOf = (fault: DelegationFault): string => `operator.${fault}`

const isRefused = ({ denied, revoked }: { readonly denied: boolean; readonly revoked: boolean }): boolean =>
  denied || revoked
