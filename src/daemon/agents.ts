// Builds what stands in front of every action of agents: what they were granted, what waits for a person, and the gates.
import { homedir } from 'node:os'
import { type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { createApprovals } from '../agents/approvals/approvals.ts'
import { createCapabilities } from '../agents/capabilities/capabilities.ts'
import { createGates } from '../agents/gates/gates.ts'
import type { Requester } from '../agents/types.ts'
import { systemTimers as timers } from '../base/clock.ts'
import type { openStore } from '../store/index.ts'
import { createPrincipals } from '../trust/operators/index.ts'
import { type Principal, principalOf } from '../trust/policy/index.ts'
import type { Foundation } from './foundation.ts'
import type { DaemonOptions } from './options.ts'
import type { buildTrust } from './trust-rooms.ts'

export function buildAgents(
  { paths }: Pick<DaemonOptions, 'paths'>,
  { common }: Foundation,
  { audit, fleet, names, policy, trust }: ReturnType<typeof buildTrust>,
  store: ReturnType<typeof openStore>,
) {
  const { config, identity, clock, random, log } = common
  const capabilities = createCapabilities({ identity, repository: store.capabilities, audit, clock, random })
  const approvals = createApprovals({
    ...{ repository: store.approvals(), audit, clock, timers, random },
    nameOf: (account) => names.nameOf(account).catch(() => undefined),
    log: log.child({ room: 'approvals' }),
  })

  const nodeOf = ({ node }: Requester): Principal => {
    const own = {
      node_id: identity.nodeId,
      trust_level: 'peer',
      denied: false,
      roles: [],
      teams: [],
    } as const
    if (node === identity.nodeId) return own
    return principalOf(trust.opinion(node as Principal['node_id']))
  }
  const principal = (requester: Requester): Principal => {
    const through = nodeOf(requester)
    const { operator } = requester
    if (operator === undefined) return through
    // What the certificates say now, and not when it was asked. The roles of the node are not those of the person.
    const key = parseNodeId(operator)
    const chain = fleet.operators.chainOf(operator as NodeId) ?? []
    if (requester.node !== identity.nodeId && key !== undefined)
      return principals.suppose({ key, chain, through: through.node_id }).principal
    return { ...through, roles: [], teams: [], operator, through }
  }

  const principals = createPrincipals({ opinion: trust.opinion, operators: fleet.operators, clock })
  const gates = createGates({
    ...{ self: identity.nodeId, capabilities, approvals, audit },
    policy: ({ requester, ...question }) =>
      policy.judgeAgent({
        ...{ ...question, principal: principal(requester) },
        by_agent: requester.agent !== undefined,
      }),
    patterns: () => config.agents.approved,
    ...{ home: homedir(), karoHome: paths.home },
    log: log.child({ room: 'gates' }),
  })
  return { capabilities, approvals, gates, principals }
}
