// Numbers of unreachable members from the summaries that they published before, as far as this node holds them.
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { within } from '../../../base/async/deadline.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import type { SummaryCover } from '../../summaries/index.ts'
import { type AskedType, type NodeData, queryType } from '../query-types/index.ts'
import { periodBefore } from '../range.ts'
import type { QueryDeps } from '../types.ts'

/** Longest wait of a result for the reading and opening of summaries stored here: milliseconds, but for a disk that others use. */
const WAIT_MS = 2_000

/** What an absent member published before. */
export interface AbsentData {
  readonly data: NodeData
  /** Milliseconds since the epoch. */
  readonly as_of: number
  /** The part of the asked range that its summaries, as far as they are held here, reach over; absent: none of it. */
  readonly covers?: TimeRange | undefined
}

export type Absent = ReturnType<typeof createAbsent>

/** For one question; `deadlineAt` is monotonic, ms. */
export function createAbsent(
  { summaries, clock, timers, log }: QueryDeps,
  {
    type,
    range,
    deadlineAt,
  }: { readonly type: AskedType; readonly range: TimeRange; readonly deadlineAt: number },
) {
  const row = queryType(type)
  const found = new Map<NodeId, AbsentData>()
  const denied = new Set<NodeId>()
  const lookups = new Map<NodeId, Promise<void>>()
  /** Summaries hold numbers of several types, and each may be of other people, who have recorded since another day. */
  const tells = (summary: NodeSummary): boolean => {
    const data = row.fromSummaries?.([summary])
    return data !== undefined && row.contributes(data)
  }
  const left = (): number => Math.max(0, deadlineAt - clock.monotonic())

  async function lookUpOne(node: NodeId): Promise<void> {
    try {
      const [cover, before] = await Promise.all([
        summaries.cover(node, range, { tells }),
        coverOfBefore(node),
      ])
      if (cover === undefined) {
        if (await summaries.withdrawn(node, range)) denied.add(node)
        return
      }
      const { as_of, covers } = cover
      const data = row.fromSummaries?.(cover.summaries, before?.summaries)
      // Its summaries hold no such numbers, do not share them with this node, or say what cannot be.
      if (data === undefined || !row.plausible(data, { responder: node, filtered: false })) return
      found.set(node, { data, as_of, covers })
    } catch (error) {
      log.warn({ peer: node, error: String(error) }, 'a summary could not be read')
    }
  }

  /** Only summaries that reach over all of the period before can be compared with. */
  async function coverOfBefore(node: NodeId): Promise<SummaryCover | undefined> {
    const before = periodBefore(range)
    const cover = before && (await summaries.cover(node, before, { tells, quiet: true }))
    const { start, end } = cover?.covers ?? { start: Number.POSITIVE_INFINITY, end: 0 }
    return before !== undefined && start <= before.start && end >= before.end ? cover : undefined
  }

  /** Looks up the nodes that were not looked up before. Never rejects. */
  function lookUp(nodes: readonly NodeId[]): Promise<unknown> {
    for (const node of row.fromSummaries === undefined ? [] : nodes) {
      if (!lookups.has(node)) lookups.set(node, lookUpOne(node))
    }
    return Promise.all(nodes.map((node) => lookups.get(node)))
  }

  return {
    /** Of the looked-up nodes: those that published again without this node as a recipient. */
    denied: (node: NodeId) => denied.has(node),
    lookUp,
    /**
     * The data of each of `nodes` that can be shown from its summaries; the others are left out. Waits for what was not
     * looked up before, until the deadline at most. Never rejects.
     */
    async covered(nodes: readonly NodeId[]) {
      await within(lookUp(nodes), Math.min(WAIT_MS, left()), timers)
      return new Map(
        nodes.flatMap((node) => {
          const data = found.get(node)
          return data === undefined ? [] : [[node, data] as const]
        }),
      )
    },
  }
}
