// How many new questions are taken up, per author and per neighbour; those beyond are a count in the ledger.
import type { NodeId } from '../../protocols/node-id.ts'
import { createQuota, type Quota } from '../../protocols/quota.ts'
import type { Audit } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'
import { createRecent, type Recent } from '../base/recent.ts'

/** New questions of one author, whoever hands them on: a person with a script, not a flood. */
export const AUTHOR_QUOTA = { frames: 20, perMs: 10_000 } as const
/** New questions one neighbour hands on, whoever wrote them: author keys cost nothing, a neighbour's does. */
export const NEIGHBOUR_QUOTA = { frames: 60, perMs: 10_000 } as const
/** Keys that are remembered; those silent for longest are forgotten first. */
const REMEMBERED_MAX = 1024
/** One entry per neighbour in this time says how many of its questions were refused. */
const TELL_EVERY_MS = 60_000

export interface Intake {
  /** Counts one new question against both quotas; false when one of them is used up. */
  admits(neighbour: NodeId, author: NodeId): boolean
  /** One new question of this neighbour was told `busy`, for whatever reason. */
  refused(neighbour: NodeId): void
  /** Resolves when what was refused since the last entries is in the ledger too. */
  flush(): Promise<void>
}

export function createIntake(audit: Pick<Audit, 'record'>, clock: Clock): Intake {
  const neighbours = createRecent<NodeId, Quota>(REMEMBERED_MAX)
  const authors = createRecent<NodeId, Quota>(REMEMBERED_MAX)
  const toldAt = createRecent<NodeId, number>(REMEMBERED_MAX)
  /** Refused since the last entry. */
  const untold = new Map<NodeId, number>()

  function take(quotas: Recent<NodeId, Quota>, key: NodeId, terms: Parameters<typeof createQuota>[0]) {
    const quota = quotas.get(key) ?? createQuota(terms)
    quotas.set(key, quota)
    return quota.take(clock.monotonic())
  }

  function tell(neighbour: NodeId, times: number): Promise<void> {
    return audit.record({
      type: 'query_received',
      success: false,
      peer: neighbour,
      details: { reason: 'busy', times },
    })
  }

  async function flush(): Promise<void> {
    const left = [...untold]
    untold.clear()
    await Promise.all(left.map(([neighbour, times]) => tell(neighbour, times)))
  }

  return {
    // The neighbour's first: beyond it, nothing a key of its own invention says is remembered.
    admits: (neighbour, author) =>
      take(neighbours, neighbour, NEIGHBOUR_QUOTA) && take(authors, author, AUTHOR_QUOTA),
    refused(neighbour) {
      const times = (untold.get(neighbour) ?? 0) + 1
      const now = clock.monotonic()
      if (now - (toldAt.get(neighbour) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) {
        untold.set(neighbour, times)
        if (untold.size > REMEMBERED_MAX) void flush()
        return
      }
      untold.delete(neighbour)
      toldAt.set(neighbour, now)
      void tell(neighbour, times)
    },
    flush,
  }
}
