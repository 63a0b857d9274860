// Who of another machine asks, and whether policy lets them: decided anew for each request, and written into the ledger.
import type { AgentAsk, AgentRequestBody } from '../../../protocols/messages/agent.ts'
import { AGENT_CONTROL } from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Approval, Approver } from '../../agents/approvals/types.ts'
import type { Afar } from '../../agents/tasks/types.ts'
import { KaroError } from '../../base/errors.ts'
import type { PeerRef } from '../../mesh/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { audienceKeyOf, type Principals, type Sessions } from '../../trust/operators/index.ts'
import type { AgentOperation, Policy, Principal, RoleDecision } from '../../trust/policy/index.ts'

export interface EntitledDeps {
  readonly principals: Pick<Principals, 'resolve'>
  readonly policy: Pick<Policy, 'judgeAgent'>
  readonly sessions: Pick<Sessions, 'peopleOf'>
  /** What this node calls another one. */
  readonly nameOf: (node: NodeId) => string
  readonly audit: Pick<Audit, 'record'>
}

/** One request of another machine, from now on in its name and no other. */
export interface Visitor {
  readonly by: Afar
  /** Trace id, 32 hex digits. */
  readonly trace: string
  /** Throws KaroError `refused` where policy does not let them do it; the decision is in the ledger either way. */
  check(what: AgentAsk, operation: AgentOperation, agent: string, tool?: string): Promise<void>
  /** The same without a word; nothing is written. */
  may(operation: AgentOperation, agent: string, tool?: string): boolean
  /** What came of a request that is about all agents or tasks. */
  note(what: AgentAsk, success: boolean, reason: string): Promise<void>
  /** The people of this machine whose requests are theirs too: they are logged in here under the same key. */
  readonly people: readonly number[]
  /** As whom they see and decide this request; undefined where policy lets them do neither. */
  approverOf(approval: Approval): Approver | undefined
}

export function createEntitled({ principals, policy, sessions, nameOf, audit }: EntitledDeps) {
  return (peer: PeerRef, body: AgentRequestBody, trace: string): Visitor => {
    const asker = principals.resolve({
      ...{ author: peer.publicKey, authorId: peer.nodeId },
      body: {
        query_type: AGENT_CONTROL,
        // Nothing is sealed to it here: the answer goes over this very stream.
        audience_key:
          body.operator === undefined ? new Uint8Array() : audienceKeyOf(body.operator.delegation),
        operator: body.operator,
      },
    })
    const { operator, principal, fault } = asker
    const by: Afar = {
      node: peer.nodeId,
      ...(operator !== undefined && { operator: operator.id }),
      name: operator === undefined ? nameOf(peer.nodeId) : `${operator.name} at ${nameOf(peer.nodeId)}`,
    }

    const judge = (operation: AgentOperation, agent: string, tool: string, own = false): RoleDecision =>
      fault === undefined
        ? policy.judgeAgent({ principal: closed(principal), operation, agent, tool, own, by_agent: false })
        : { effect: 'deny', rule: fault.rule, reason: fault.reason }

    const write = (what: AgentAsk, { effect, rule, reason }: RoleDecision): Promise<void> =>
      audit.record({
        ...{ type: 'agent_requested', success: effect === 'allow', peer: peer.nodeId, trace_id: trace },
        details: {
          ...{ operation: what.operation, rule, reason: reason.slice(0, 512) },
          ...('agent' in what && { agent: what.agent.slice(0, 64) }),
          ...('tool' in what && { tool: what.tool.slice(0, 128) }),
          ...('id' in what && { id: what.id }),
          ...(operator !== undefined && { operator: operator.id, operator_name: operator.name }),
        },
      })

    const people = operator === undefined || fault !== undefined ? [] : sessions.peopleOf(operator.id)

    return {
      ...{ by, trace, people },
      may: (operation, agent, tool = '') => judge(operation, agent, tool).effect === 'allow',
      async check(what, operation, agent, tool = '') {
        const decision = judge(operation, agent, tool)
        await write(what, decision)
        if (decision.effect !== 'allow') throw refusal()
      },
      note: (what, success, reason) =>
        write(what, { effect: success ? 'allow' : 'deny', rule: `agent.${what.operation}`, reason }),
      approverOf(approval) {
        const own = approval.person !== null && people.includes(approval.person)
        // What a person of this machine asked is that person's alone, whatever role others have.
        if (operator === undefined || (approval.person !== null && !own)) return undefined
        const { agent, tool } = approval.action
        if (judge('approve', agent, tool, own).effect !== 'allow') return undefined
        return {
          ...{ person: approval.person ?? NOBODY, account: NOBODY, admin: !own, operator: operator.id },
          ...{ way: 'operator', sessions: [], from: { node: peer.nodeId, name: by.name ?? peer.nodeId } },
        }
      },
    }
  }
}

/** No person of this machine. */
const NOBODY = -1

/** The same words whatever the reason is, and whether or not there is such an agent: the reason is in the ledger here. */
export const refusal = (): KaroError =>
  new KaroError('refused', 'its policy does not let you do that', {
    hint: 'Its owner decides who may; the ledger there says why, as agent_requested.',
  })

/** A node that may have nothing here has no agents do anything either. */
const closed = (principal: Principal): Principal =>
  principal.trust_level === 'untrusted' ? { ...principal, denied: true } : principal
