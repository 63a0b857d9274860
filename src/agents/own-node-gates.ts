// The gates of a node on which nobody can approve yet: what only reads, for the person who added the agent, and nothing else.
import type { AgentRepository } from '../store/tables/agents.ts'
import type { AuditRecord } from '../trust/audit/index.ts'
import type { Action, ActionClass, Gate, Gates, Verdict } from './types.ts'

interface OwnNodeGatesDeps {
  /** Node id of this machine. */
  readonly node: string
  /** Whose each agent is. */
  readonly repository: Pick<AgentRepository, 'manifests'>
  /** Resolves when the entry is in the ledger. */
  readonly record: (entry: AuditRecord) => Promise<void>
}

/** What nobody has classed is treated like the worst. */
const UNKNOWN: ActionClass = 'critical'

const deny = (gate: Gate, reason: string): Verdict => ({ outcome: 'deny', class: UNKNOWN, gate, reason })

export function createOwnNodeGates({ node, repository, record }: OwnNodeGatesDeps): Gates {
  async function decide({ agent, readOnly, requester, target }: Action): Promise<Verdict> {
    if (target !== node || requester.node !== node || requester.agent !== undefined)
      return deny('policy', 'only people of this node may have something done on it')
    const owner = (await repository.manifests()).find(({ id }) => id === agent)
    if (owner === undefined || requester.person !== String(owner.uid))
      return deny('policy', 'only the person who added an agent may give it tasks')
    if (!readOnly)
      return deny('approval', 'its tool does not say that it only reads, and nobody can approve anything yet')
    return { outcome: 'run', class: 'green', reason: 'its tool says that it only reads' }
  }

  return {
    async judge(action) {
      const verdict = await decide(action).catch((error: Error) => deny('policy', error.message))
      const person = Number(action.requester.person)
      await record({
        type: 'agent_action',
        success: verdict.outcome === 'run',
        trace_id: action.traceId,
        details: {
          ...(Number.isSafeInteger(person) && { uid: person }),
          ...{ agent: action.agent, tool: action.tool, class: verdict.class, reason: verdict.reason },
          decision: verdict.outcome,
        },
      })
      return verdict
    },
    // It never says `wait`.
    settled: async () => deny('approval', 'nobody can approve anything yet'),
  }
}
