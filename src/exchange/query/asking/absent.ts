// Members that stayed unreachable, by what they published before: their numbers of the range, if this node holds them.
import type { ComparedToolUse, SafetyPosture } from '../../../../protocols/messages/numbers.ts'
import type { QueryType } from '../../../../protocols/messages/query.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { within } from '../../../base/async/deadline.ts'
import type { Clock, Timers } from '../../../base/clock.ts'
import type { Log } from '../../../base/run/log.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import type { Summaries, SummaryCover } from '../../summaries/index.ts'
import type { NodeData } from '../answering/gather.ts'
import { mergeActivity } from '../merge.ts'
import { plausible } from '../plausible.ts'
import { RISK_NAMES } from '../result.ts'

/** Reading and opening what is stored here; a result does not wait longer for it, nor beyond its deadline. */
const WAIT_MS = 500
/** So long before the deadline they are looked up for whoever has not answered by then; half of the time of a short one. */
const AHEAD_MS = 300

interface AbsentData {
  readonly data: NodeData
  /** Milliseconds since the epoch. */
  readonly as_of: number
}

export interface AbsentDeps {
  readonly summaries: Pick<Summaries, 'cover'>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export interface Absent {
  /**
   * Those of `nodes` that can be shown from their summaries; the others are left out. Waits for what was not looked up
   * before, until the deadline at most. Never rejects.
   */
  covered(nodes: readonly NodeId[]): Promise<ReadonlyMap<NodeId, AbsentData>>
  /** Nothing is looked up ahead any more. */
  stop(): void
}

/** For one question; `missing` says who has not answered yet, `deadlineAt` is monotonic, ms. */
export function createAbsent(
  { summaries, clock, timers, log }: AbsentDeps,
  {
    type,
    range,
    deadlineAt,
  }: { readonly type: QueryType; readonly range: TimeRange; readonly deadlineAt: number },
  missing: () => readonly NodeId[],
): Absent {
  const found = new Map<NodeId, AbsentData>()
  const lookups = new Map<NodeId, Promise<void>>()
  const left = (): number => Math.max(0, deadlineAt - clock.monotonic())

  async function lookUp(node: NodeId): Promise<void> {
    try {
      const cover = await summaries.cover(node, range)
      const data = cover && dataOf(type, cover)
      if (data !== undefined) found.set(node, { data, as_of: cover?.as_of ?? 0 })
    } catch (error) {
      log.warn({ peer: node, error: String(error) }, 'a summary could not be read')
    }
  }

  function begin(nodes: readonly NodeId[]): Promise<unknown> {
    for (const node of NUMBERS[type] === null ? [] : nodes) {
      if (!lookups.has(node)) lookups.set(node, lookUp(node))
    }
    return Promise.all(nodes.map((node) => lookups.get(node)))
  }

  const stop = timers.after(left() - Math.min(AHEAD_MS, left() / 2), () => void begin(missing()))
  return {
    async covered(nodes) {
      await within(begin(nodes), Math.min(WAIT_MS, left()), timers)
      return new Map(
        nodes.flatMap((node) => {
          const data = found.get(node)
          return data === undefined ? [] : [[node, data] as const]
        }),
      )
    },
    stop,
  }
}

type Numbers = (summaries: readonly NodeSummary[]) => NodeData | undefined

/** Null: summaries do not hold it. Undefined as data: not shared with this node. */
const NUMBERS: Readonly<Record<QueryType, Numbers | null>> = {
  ToolUsage(summaries) {
    const shared = summaries.flatMap(({ tool_usage }) => tool_usage ?? [])
    if (shared.length === 0) return undefined
    const sums = new Map<string, ComparedToolUse>()
    for (const { tool, category, uses, failures } of shared.flatMap(({ tools }) => tools)) {
      const sum = sums.get(tool)
      sums.set(tool, {
        ...{ tool, category },
        uses: uses + (sum?.uses ?? 0),
        failures: failures + (sum?.failures ?? 0),
      })
    }
    return { query_type: 'ToolUsage', tools: [...sums.values()] }
  },
  SafetyPosture(summaries) {
    const shared = summaries.flatMap(({ safety_stats }) => safety_stats ?? [])
    const newest = shared.at(-1)
    return newest && { query_type: 'SafetyPosture', safety: shared.slice(0, -1).reduce(addSafety, newest) }
  },
  ActivityPatterns(summaries) {
    const shared = summaries.flatMap(({ activity_pattern }) => activity_pattern ?? [])
    if (shared.length === 0) return undefined
    return { query_type: 'ActivityPatterns', activity: mergeActivity(shared) }
  },
  Anomalies: null,
  // How an absent node is, its last summary cannot tell.
  NodeHealth: null,
}

function dataOf(type: QueryType, { summaries }: SummaryCover): NodeData | undefined {
  const data = NUMBERS[type]?.(summaries)
  return data !== undefined && plausible(data) ? data : undefined
}

/** Counts add up; the guard and the hooks are as they were last (`newest`). */
function addSafety(newest: SafetyPosture, older: SafetyPosture): SafetyPosture {
  const by_risk_level = { ...newest.by_risk_level }
  for (const name of RISK_NAMES) by_risk_level[name] += older.by_risk_level[name]
  return {
    ...newest,
    by_risk_level,
    blocked: newest.blocked + older.blocked,
    confirmed_risky: newest.confirmed_risky + older.confirmed_risky,
    karo_generated: newest.karo_generated + older.karo_generated,
  }
}
