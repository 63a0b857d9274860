// Joins agents and mesh: what other machines may ask of this one's agents, and what this one asks of theirs.
import { agent } from '../../protocols/registry.ts'
import { createAnswer } from '../api/remote/answer.ts'
import { createElsewhere, type Elsewhere } from '../api/remote/ask.ts'
import { systemTimers as timers } from '../base/clock.ts'
import type { Room } from '../base/run/room.ts'
import type { Foundation } from './foundation.ts'
import type { Local } from './local.ts'
import type { Network } from './network.ts'

/** Before the mesh starts. */
export function buildRemote(
  { common }: Foundation,
  { agents, approvals, audit, policy, principals, sessions, trust }: Local,
  { mesh }: Network,
): Elsewhere & { readonly visits: Room } {
  const { identity: self, clock, random, log } = common
  const answer = createAnswer({
    ...{ self, clock, random, agents, approvals, policy, principals, sessions, audit },
    log: log.child({ room: 'agents.remote' }),
    nameOf: (node) => trust.opinion(node).name,
  })
  const exchanges = mesh.exchange(agent, answer.handle)
  const elsewhere = createElsewhere({
    ...{ exchanges, mesh, trust, sessions, audit, clock, timers, self: self.nodeId },
  })
  return {
    ...elsewhere,
    visits: { name: 'agents.visits', start: async () => {}, stop: answer.flush, health: () => [] },
  }
}
