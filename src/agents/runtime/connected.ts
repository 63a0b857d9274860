// What agents connected to, and what they were kept from, as entries of the ledger: each kind at once, and counted while it goes on.
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
      ...{ type: 'agent_connected', success: refused === undefined, trace_id: traceId },
      details: {
        ...{ uid: person, agent: id, times: due.times },
        // What an agent asks for may be anything that it has read; its own log has it, which is for its person alone.
        ...(place === undefined ? { reason: 'none of its places' } : { place }),
        ...(place !== undefined && refused !== undefined && { reason: refused.slice(0, 200) }),
      },
    })
  }
}
