// Asks other machines about their agents, tasks and approvals, in the name of an operator or of this node.
import type * as z from 'zod'
import type { Message, WireBody } from '../../../protocols/define.ts'
import { bodyOf, type Frame } from '../../../protocols/frame.ts'
import {
  AGENT_CONTROL,
  type AgentAsk,
  AgentEnd,
  type AgentEndBody,
  AgentHello,
  AgentPart,
  AgentRequest,
} from '../../../protocols/messages/agent.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { deadline } from '../../base/async/deadline.ts'
import type { Clock, Timers } from '../../base/clock.ts'
import { ERROR_CODES, type ErrorCode, KaroError } from '../../base/errors.ts'
import type { Exchange, Exchanges, Mesh } from '../../mesh/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Acting, Sessions } from '../../trust/operators/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { checkShape } from '../contract/client/check.ts'
import type { Operation } from '../contract/operation.ts'
import { followTask } from '../contract/operations/agents/agents.ts'
import type { TaskLineShape } from '../contract/shapes.ts'
import type { Caller } from '../server/route.ts'

/** Milliseconds until a member that has no link has to have one. */
const REACH_MS = 5_000
/** Milliseconds for one answer; starting and cancelling take their time. */
const ANSWER_MS = 80_000
/** Bytes of one document of an answer. */
const DOCUMENT_BYTES = 8 * 1024 * 1024
/** Milliseconds that a machine may be away while a task there is followed, and between looks whether it is back. */
const AWAY = { ms: 600_000, look: 1_000 }

interface AskDeps {
  /** Opens a stream of `/karo/agent/1`. */
  readonly exchanges: Exchanges
  readonly mesh: Pick<Mesh, 'isConnected' | 'reach'>
  readonly trust: Pick<Trust, 'resolve' | 'opinion' | 'admits'>
  readonly sessions: Pick<Sessions, 'of'>
  readonly self: NodeId
  readonly audit: Pick<Audit, 'insist'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
}

/** What is needed of an operation to judge an answer. */
interface Answering<Answer> extends Pick<Operation, 'method' | 'path'> {
  readonly answer?: () => Promise<z.ZodType<Answer>>
}

interface Asked {
  readonly caller: Caller
  /** Trace id, 32 hex digits. */
  readonly id: string
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
  const { exchanges, mesh, trust, sessions, self, audit, clock, timers } = deps

  function nodeAt(at: string): NodeId {
    const node = trust.resolve(at)
    if (node === self) throw new KaroError('bad_request', 'that is this machine', { hint: 'Leave out --at.' })
    if (!trust.admits(node)) throw new KaroError('refused', `${trust.opinion(node).name} is no member here`)
    return node
  }

  /** As whom this person asks; undefined: as this node, which administrators may. */
  function actingOf({ uid, account, via, admin }: Caller): Acting | undefined {
    if (via !== 'socket')
      throw new KaroError('refused', 'other machines are asked over the control socket, and not by a token')
    const acting = sessions.of(uid, account)
    if (acting?.types.includes(AGENT_CONTROL)) return acting
    if (admin) return undefined
    throw new KaroError(
      'refused',
      'you are not logged in as an operator who may use agents of other machines',
      {
        hint: 'karo login --credential FILE --agents',
      },
    )
  }

  /** On the disk before anything leaves. */
  async function note(
    { caller, id }: Asked,
    node: NodeId,
    what: AgentAsk,
    as: Acting | undefined,
  ): Promise<void> {
    await audit.insist({
      ...{ type: 'agent_asked', success: true, peer: node, trace_id: id },
      details: {
        ...{ uid: caller.uid, operation: what.operation },
        ...('agent' in what && { agent: what.agent.slice(0, 64) }),
        ...('tool' in what && { tool: what.tool.slice(0, 128) }),
        ...('id' in what && { id: what.id }),
        ...(what.operation === 'decide' && { approve: what.approve }),
        ...(as !== undefined && { operator: as.operator, operator_name: as.name }),
      },
    })
  }

  async function* documents(
    node: NodeId,
    what: AgentAsk,
    as: Acting | undefined,
    trace: string,
    signal: AbortSignal,
    onGreeted?: () => void,
  ): AsyncGenerator<unknown, void> {
    const { name } = trust.opinion(node)
    const exchange = await open(node, name, signal)
    const leave = (): void => exchange.abort('nobody waits for it')
    signal.addEventListener('abort', leave, { once: true })
    try {
      const { challenge, operations } = bodyIn(await exchange.next(), AgentHello, name)
      if (!operations.includes(what.operation))
        throw new KaroError('refused', `${name} has an older Karo, which cannot do this from here`)
      onGreeted?.()
      await exchange.send(
        AgentRequest,
        {
          ...{ to: parseNodeId(node) as Uint8Array, challenge, ask: what },
          ...(as !== undefined && { operator: { delegation: as.delegation, chain: as.chain } }),
        },
        Buffer.from(trace, 'hex'),
      )
      yield* answerOf(exchange, name)
    } finally {
      signal.removeEventListener('abort', leave)
      exchange.abort('over')
    }
  }

  async function open(node: NodeId, name: string, signal: AbortSignal): Promise<Exchange> {
    const limit = deadline(timers, REACH_MS)
    try {
      const either = AbortSignal.any([limit.signal, signal])
      if (mesh.isConnected(node) || (await mesh.reach(node, either)))
        return await exchanges.open(node, either)
    } catch (error) {
      throw away(name, (error as Error).message)
    } finally {
      limit.end()
    }
    throw away(name, 'there is no connection to it')
  }

  async function ask<Answer>(
    asked: Asked,
    at: string,
    operation: Answering<Answer>,
    what: AgentAsk,
  ): Promise<Answer> {
    const node = nodeAt(at)
    const as = actingOf(asked.caller)
    await note(asked, node, what, as)
    const limit = deadline(timers, ANSWER_MS)
    try {
      for await (const value of documents(node, what, as, asked.id, limit.signal))
        return await fitting(operation, operation.answer, value)
    } finally {
      limit.end()
    }
    throw new KaroError('internal', `${trust.opinion(node).name} sent an empty answer`)
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
    let awaySince: number | undefined
    const here = (): void => {
      awaySince = undefined
    }
    const until = as === undefined ? signal : AbortSignal.any([signal, as.ended])
    while (!until.aborted) {
      try {
        const what = { operation: 'follow', id, after: seen } as const
        for await (const value of documents(node, what, as, trace, until, here)) {
          const line = await fitting(followTask, followTask.lines?.item, value)
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
        awaySince ??= now
        if (!isAway || until.aborted || now - awaySince > AWAY.ms) throw error
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

/** The documents of an answer. Rejects with the error that ends it, or `unavailable` where nothing ends it. */
async function* answerOf(exchange: Exchange, name: string): AsyncGenerator<unknown, void> {
  let parts: Uint8Array[] = []
  let size = 0
  for (let frame = await exchange.next(); frame !== undefined; frame = await exchange.next()) {
    if (frame.message === AgentEnd) {
      const { error } = bodyOf(frame, AgentEnd)
      if (error !== undefined) throw rebuilt(error, name)
      return
    }
    const { data, ends } = bodyIn(frame, AgentPart, name)
    if (data.length === 0 && !ends) throw new KaroError('internal', `${name} sent an empty part of an answer`)
    size += data.length
    if (size > DOCUMENT_BYTES) throw new KaroError('too_large', `the answer of ${name} is too large`)
    parts.push(data)
    if (!ends) continue
    const text = Buffer.concat(parts).toString('utf8')
    parts = []
    size = 0
    yield parsed(text, name)
  }
  throw away(name, 'the connection to it was cut')
}

const away = (name: string, why: string): KaroError =>
  new KaroError('unavailable', `${name} cannot be asked: ${why}`, {
    hint: 'karo peers shows who is connected. A task goes on there; the same id gives no second one.',
  })

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KaroError('internal', `${name} answered with something that is no JSON`)
  }
}

function bodyIn<B extends WireBody>(frame: Frame | undefined, message: Message<B>, name: string): B {
  if (frame === undefined) throw away(name, 'the connection to it was cut')
  if (frame.message.type !== message.type)
    throw new KaroError('internal', `${name} said ${frame.message.name} where ${message.name} is due`)
  return bodyOf(frame, message)
}

/** What the other machine says is for people: its code counts only where this one knows it. */
function rebuilt({ code, message, hint }: NonNullable<AgentEndBody['error']>, name: string): KaroError {
  const known: ErrorCode = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal'
  return new KaroError(known === 'unavailable' ? 'refused' : known, `${name}: ${message}`, {
    ...(hint !== undefined && { hint }),
  })
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
