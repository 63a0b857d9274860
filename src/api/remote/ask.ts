// Asks other machines about their agents, tasks and approvals, in the name of an operator or of this node.
import type * as z from 'zod'
import type { AgentAsk } from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { deadline } from '../../base/async/deadline.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Acting } from '../../trust/operators/index.ts'
import { checkShape } from '../contract/client/check.ts'
import type { Operation } from '../contract/operation.ts'
import { followTask } from '../contract/operations/agents/agents.ts'
import type { TaskLineShape } from '../contract/shapes.ts'
import { type Asked, createReach, type ReachDeps } from './reach.ts'

/** Milliseconds for one answer; starting and cancelling take their time. */
const ANSWER_MS = 80_000
/** Milliseconds that a machine may be away while a task there is followed, and between looks whether it is back. */
const AWAY = { ms: 600_000, look: 1_000 }

interface AskDeps extends ReachDeps {
  readonly clock: Pick<Clock, 'monotonic'>
}

/** What is needed of an operation to judge an answer. */
interface Answering<Answer> extends Pick<Operation, 'method' | 'path'> {
  readonly answer?: () => Promise<z.ZodType<Answer>>
}

/**
 * KaroErrors of both: what the other machine says, `unavailable` where it is not reached, `refused` for who may not ask in
 * anybody's name, those of `Trust.resolve`, and `internal` for an answer that is none.
 */
export interface Elsewhere {
  /** `at`: id, fingerprint or name of a member. The answer fits the schema of `operation`. */
  ask<Answer>(asked: Asked, at: string, operation: Answering<Answer>, what: AgentAsk): Promise<Answer>
  /** The events of a task in their order and each once, also where the connection breaks meanwhile. */
  follow(
    asked: Asked,
    at: string,
    task: { readonly id: string; readonly after: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<TaskLineShape>>
}

export function createElsewhere(deps: AskDeps): Elsewhere {
  const { trust, clock, timers } = deps
  const { nodeAt, actingOf, note, documents } = createReach(
    deps,
    'A task that has arrived there goes on; the same id does not start a second one.',
  )
  const nameOf = (node: NodeId): string => trust.opinion(node).name

  async function ask<Answer>(
    asked: Asked,
    at: string,
    operation: Answering<Answer>,
    what: AgentAsk,
  ): Promise<Answer> {
    const node = nodeAt(at)
    const as = actingOf(asked.caller)
    await note(asked, node, what, as)
    using limit = deadline(timers, ANSWER_MS)
    for await (const text of documents({ node, what, as, trace: asked.id, signal: limit.signal }))
      return await fitting(operation, operation.answer, parsed(text, nameOf(node)))
    throw new KaroError('internal', `${nameOf(node)} sent an empty answer`)
  }

  /** Goes on where the connection broke, until the task is over. */
  async function* lines(
    node: NodeId,
    as: Acting | undefined,
    trace: string,
    { id, after }: { readonly id: string; readonly after: number },
    signal: AbortSignal,
  ): AsyncGenerator<TaskLineShape, void> {
    let seen = after
    /** Until when it may be away. Before it was reached, at once: whoever waits is told why. Whoever has seen an event has reached it. */
    let mayUntil = after > 0 ? Number.POSITIVE_INFINITY : 0
    const onGreeted = (): void => {
      mayUntil = Number.POSITIVE_INFINITY
    }
    const until = as === undefined ? signal : AbortSignal.any([signal, as.ended])
    while (!until.aborted) {
      try {
        const what = { operation: 'follow', id, after: seen } as const
        for await (const text of documents({ node, what, as, trace, signal: until, onGreeted })) {
          const line = await fitting(followTask, followTask.lines?.item, parsed(text, nameOf(node)))
          // Each once and in order, whatever the other machine says.
          if (line.seq <= seen) continue
          seen = line.seq
          yield line
          if (line.final) return
        }
        return
      } catch (error) {
        const isAway = error instanceof KaroError && error.code === 'unavailable'
        const now = clock.monotonic()
        mayUntil = Math.min(mayUntil, now + AWAY.ms)
        if (!isAway || until.aborted || now > mayUntil) throw error
        await new Promise<void>((resolve) => timers.after(AWAY.look, resolve))
      }
    }
  }

  return {
    ask,
    async follow(asked, at, task, signal) {
      const node = nodeAt(at)
      const as = actingOf(asked.caller)
      await note(asked, node, { operation: 'follow', ...task }, as)
      return lines(node, as, asked.id, task, signal)
    },
  }
}

function parsed(text: Buffer, name: string): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    throw new KaroError('internal', `${name} answered with something that is no JSON`)
  }
}

/** Rejects with KaroError `internal` for an answer that does not fit the schema. */
async function fitting<T>(
  operation: Pick<Operation, 'method' | 'path'>,
  schema: (() => Promise<z.ZodType<T>>) | undefined,
  value: unknown,
): Promise<T> {
  if (schema !== undefined) checkShape(operation, await schema(), value, undefined)
  return value as T
}
