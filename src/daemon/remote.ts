// Joins agents and mesh: what other machines may ask of this one's agents and artifacts, and what this one asks of theirs.
import { AGENT_OPERATIONS, ARTIFACT_OPERATIONS } from '../../protocols/messages/agent.ts'
import { agent, artifact } from '../../protocols/registry.ts'
import { createAnswer } from '../api/remote/answer.ts'
import { createElsewhere } from '../api/remote/ask.ts'
import { createFetching } from '../api/remote/fetching.ts'
import { createGiving } from '../api/remote/giving.ts'
import { createHoldings } from '../api/remote/holdings.ts'
import { createOperations } from '../api/remote/operations.ts'
import type { Foundation } from './foundation.ts'
import type { Local } from './local.ts'
import type { Network } from './network.ts'

export type Remote = ReturnType<typeof buildRemote>

/** Before the mesh starts. */
export function buildRemote(
  { common, metrics }: Foundation,
  { agents, approvals, artifacts, audit, policy, principals, sessions, trust }: Local,
  { documents, mesh }: Network,
) {
  const { identity: self, clock, timers, log } = common
  const answering = {
    ...common,
    self,
    policy,
    principals,
    sessions,
    audit,
    nameOf: (node: Parameters<typeof trust.opinion>[0]) => trust.opinion(node).name,
  }
  const ofAgents = createAnswer({
    ...answering,
    operations: AGENT_OPERATIONS,
    perform: createOperations({ agents, approvals }),
    most: { ofPerson: 32, follows: 16, ofAll: 128 },
    log: log.child({ room: 'agents.remote' }),
  })
  const onDenied = (): void => metrics.artifactDenied('reader')
  const ofArtifacts = createAnswer({
    ...answering,
    operations: ARTIFACT_OPERATIONS,
    perform: createGiving({ artifacts, audit, onDenied }),
    most: { ofPerson: 4, follows: 0, ofAll: 16 },
    log: log.child({ room: 'artifacts.remote' }),
  })
  const asking = { mesh, trust, sessions, audit, clock, timers, self: self.nodeId }
  return {
    holdings: createHoldings({
      ...common,
      identity: self,
      documents,
      shares: artifacts.shares,
      members: () => trust.members().flatMap(({ node_id }) => (trust.admits(node_id) ? [node_id] : [])),
    }),
    elsewhere: createElsewhere({ ...asking, exchanges: mesh.exchange(agent, ofAgents.handle) }),
    fetching: createFetching({
      ...asking,
      artifacts,
      exchanges: mesh.exchange(artifact, ofArtifacts.handle),
      onWrong: () => metrics.artifactDenied('content'),
    }),
    visits: {
      name: 'agents.visits',
      start: async () => {},
      stop: async () => void (await Promise.all([ofAgents.flush(), ofArtifacts.flush()])),
    },
  }
}
