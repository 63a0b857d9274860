// Identifies the asker from another machine and applies the policy: decided for each request, and written into the
// ledger.
import type { AgentAsk, AgentRequestBody } from '../../../protocols/messages/agent.ts'
import { AGENT_CONTROL } from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Approval, Approver } from '../../agents/approvals/types.ts'
import type { Afar } from '../../agents/tasks/types.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createRecent } from '../../base/recent.ts'
import { createSparing, REST } from '../../base/sparing.ts'
import type { PeerRef } from '../../mesh/index.ts'
import type { Audit, AuditRecord } from '../../trust/audit/index.ts'
import { type Asker, audienceKeyOf, type Principals, type Sessions } from '../../trust/operators/index.ts'
import { type AgentOperation, closedTo, type Policy, type RoleDecision } from '../../trust/policy/index.ts'
import { askDetails } from './reach.ts'

export interface EntitledDeps {
  readonly principals: Pick<Principals, 'resolve'>
  readonly policy: Pick<Policy, 'judgeAgent'>
  readonly sessions: Pick<Sessions, 'peopleOf'>
  /** What this node calls another one. */
  readonly nameOf: (node: NodeId) => string
  readonly audit: Pick<Audit, 'record' | 'insist'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Requests that a client repeats often: the ledger counts them, like all refusals. */
const LOOKS: ReadonlySet<AgentAsk['operation']> = new Set(['list', 'tasks', 'approvals'])
/** One entry at once, and the next ones after one minute, two, four, and so on up to an hour. */
const COUNTED = { everyMs: 60_000, mostMs: 3_600_000 } as const
const UNWRITTEN_MAX = 256

/** One request of another machine, from now on in its name and no other. */
export interface Visitor {
  readonly by: Afar
  /** Trace id, 32 hex digits. */
  readonly trace: string
  /** Throws KaroError `refused` where policy does not let them do it; the decision is in the ledger either way. */
  check(what: AgentAsk, operation: AgentOperation, agent: string, tool?: string): Promise<void>
  /** The same without a word; nothing is written. */
  may(operation: AgentOperation, agent: string, tool?: string): boolean
  /** The same as `may` by what certificates, delegation and trust say at this moment. */
  still(operation: AgentOperation, agent: string, tool: string): boolean
  /** They may do nothing here at this moment, whatever it is about. */
  closed(): boolean
  /** Every key of the node that asks, the one that it uses first. */
  readonly nodes: readonly [NodeId, ...NodeId[]]
  /** What came of a request that is about all agents or tasks. */
  note(what: AgentAsk, success: boolean, reason: string): Promise<void>
  /** The people of this machine whose requests are theirs too: they are logged in here under the same key. */
  readonly people: readonly number[]
  /** Whether this person is, at this moment, logged in here under the visitor's key. */
  isTheirs(person: number): boolean
  /** As whom they see and decide this request; undefined where policy lets them do neither. */
  approverOf(approval: Approval): Approver | undefined
}

export function createEntitled({ principals, policy, sessions, nameOf, audit, clock }: EntitledDeps) {
  const counted = createSparing({ clock, ...COUNTED })
  /** What the entries that are not written yet would say. */
  const unwritten = createRecent<string, AuditRecord>(UNWRITTEN_MAX)

  /** What somebody may do as often as they like gets few entries, each with the number of requests since the one before. */
  async function record(entry: AuditRecord, isCounted: boolean, key: string): Promise<void> {
    // What is let through stands in the ledger, or is not done.
    if (!isCounted) return audit.insist(entry)
    const happened = counted.times(key)
    if (happened === undefined) return unwritten.set(key, entry)
    unwritten.delete(key)
    await audit.record(summed(happened.key === REST ? undefined : entry, happened.times))
  }

  /** What was counted since the last entries, at the end. */
  async function flush(): Promise<void> {
    const left = counted.left()
    await Promise.all(left.map(([key, times]) => audit.record(summed(unwritten.peek(key), times))))
    unwritten.clear()
  }

  /** A request that nobody reads further. */
  const turnedAway = (peer: PeerRef, { ask: what }: AgentRequestBody, trace: string, reason: string) =>
    record(
      {
        type: 'agent_requested',
        success: false,
        peer: peer.nodeId,
        trace_id: trace,
        details: { operation: what.operation, rule: 'agent.turned_away', reason },
      },
      true,
      `${peer.nodeId} ${reason}`,
    )

  function visitorOf(peer: PeerRef, body: AgentRequestBody, trace: string): Visitor {
    const resolve = () =>
      principals.resolve({
        author: peer.publicKey,
        authorId: peer.nodeId,
        body: {
          query_type: AGENT_CONTROL,
          // Nothing is sealed to it here: the answer goes over this very stream.
          audience_key:
            body.operator === undefined ? new Uint8Array() : audienceKeyOf(body.operator.delegation),
          operator: body.operator,
        },
      })
    const asker = resolve()
    const { operator, fault } = asker
    const by: Afar = {
      node: peer.nodeId,
      ...(operator !== undefined && { operator: operator.id }),
      name: operator === undefined ? nameOf(peer.nodeId) : `${operator.name} at ${nameOf(peer.nodeId)}`,
    }

    const judge = (
      operation: AgentOperation,
      agent: string,
      tool: string,
      { own = false, who = asker }: { readonly own?: boolean; readonly who?: Asker } = {},
    ): RoleDecision => {
      const { principal, fault } = who
      return fault === undefined
        ? policy.judgeAgent({ principal, operation, agent, tool, own, by_agent: false })
        : { effect: 'deny', rule: fault.rule, reason: fault.reason }
    }

    const write = (what: AgentAsk, { effect, rule, reason }: RoleDecision): Promise<void> => {
      const isCounted = effect !== 'allow' || LOOKS.has(what.operation)
      const details = {
        ...askDetails(what),
        rule,
        reason: reason.slice(0, 512),
        ...(operator !== undefined && { operator: operator.id, operator_name: operator.name }),
      }
      return record(
        {
          type: 'agent_requested',
          success: effect === 'allow',
          peer: peer.nodeId,
          trace_id: trace,
          details,
        },
        isCounted,
        [peer.nodeId, operator?.id ?? '-', what.operation, effect, rule].join(' '),
      )
    }

    const { other_keys: others = [] } = asker.principal.through ?? asker.principal
    const peopleNow = () =>
      operator === undefined || fault !== undefined ? [] : sessions.peopleOf(operator.id)
    const people = peopleNow()

    return {
      by,
      trace,
      people,
      isTheirs: (person) => peopleNow().includes(person),
      nodes: [peer.nodeId, ...others],
      closed() {
        const { principal, fault } = resolve()
        return fault !== undefined || closedTo(principal) !== undefined
      },
      still: (operation, agent, tool) => judge(operation, agent, tool, { who: resolve() }).effect === 'allow',
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
        if (judge('approve', agent, tool, { own }).effect !== 'allow') return undefined
        // Of the node, and not of the operator who asks through it.
        const from = { node: peer.nodeId, others, name: by.name ?? peer.nodeId }
        return {
          person: approval.person ?? NOBODY,
          account: NOBODY,
          admin: !own,
          operator: operator.id,
          way: 'operator',
          sessions: [],
          from,
        }
      },
    }
  }

  return { visitorOf, turnedAway, flush }
}

/** One entry for several requests; without `last` it is about nobody in particular. */
const summed = (last: AuditRecord | undefined, times: number): AuditRecord =>
  last === undefined
    ? { type: 'agent_requested', success: false, details: { times } }
    : { ...last, details: { ...last.details, times } }

/** No person of this machine. */
const NOBODY = -1

/** The same words whatever the reason is, and whether or not there is such an agent: the reason is in the ledger here. */
export const refusal = (): KaroError =>
  new KaroError('refused', 'that machine does not let you do that', {
    hint: 'Its owner decides who may; the ledger there says why, as agent_requested. karo whoami shows as whom you ask.',
  })
