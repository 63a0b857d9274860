// Connections of agents, and refused ones, as entries of the ledger: each kind at once, then counted while it
// continues.
import type { Clock } from '../../base/clock.ts'
import { createSparing } from '../../base/sparing.ts'
import type { AuditRecord } from '../../trust/audit/index.ts'
import type { AgentDeps } from './agent.ts'

/** Milliseconds between two entries of one kind, at most. */
const MOST_MS = 3_600_000

export function createConnected({
  clock,
  record,
}: {
  readonly clock: Clock
  readonly record: (entry: AuditRecord) => Promise<void>
}): AgentDeps['connected'] {
  const sparing = createSparing({ clock, mostMs: MOST_MS })
  return ({ id, person }, traceId, { place, refused }) => {
    const due = sparing.times(JSON.stringify([id, place, refused !== undefined]))
    if (due === undefined) return
    void record({
      type: 'agent_connected',
      success: refused === undefined,
      trace_id: traceId,
      details: {
        uid: person,
        agent: id,
        times: due.times,
        // The name that an agent asks for may contain anything that it has read, so only the agent's own log has it,
        // for its person.
        place,
        reason: place === undefined ? 'none of its places' : refused?.slice(0, 200),
      },
    })
  }
}
