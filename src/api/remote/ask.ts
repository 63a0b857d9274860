// Asks other machines in the name of an operator or of this node: opens a stream, asks one thing, and reads the answer; a task is
// followed over cuts of the connection.
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
import { keyOf, type NodeId } from '../../../protocols/node-id.ts'
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
import { refuseWithout } from '../contract/without-right.ts'
import type { Caller } from '../server/route.ts'

/** Milliseconds until a member that has no link has to have one. */
const REACH_MS = 5_000
/** It has no link and was dialed in vain. */
const NO_WAY = 'it cannot be dialed from here, and no other member carries such requests to it'
/** Bytes of one document of an answer, where nothing else is said. */
const DOCUMENT_BYTES = 8 * 1024 * 1024
/** Milliseconds for one answer, and to start an agent: an emulated guest takes minutes to boot. Less than the command waits. */
const ANSWER_MS = 80_000
const START_MS = 415_000
/** Milliseconds that a machine may be away while a task there is followed, and between looks whether it is back. */
const AWAY = { ms: 600_000, look: 1_000 }

export interface ReachDeps {
  /** Opens the streams. */
  readonly exchanges: Exchanges
  readonly mesh: Pick<Mesh, 'isConnected' | 'reach'>
  readonly trust: Pick<Trust, 'resolve' | 'opinion' | 'admits'>
  readonly sessions: Pick<Sessions, 'of'>
  readonly self: NodeId
  readonly audit: Pick<Audit, 'insist'>
  readonly timers: Timers
}

export interface Asked {
  readonly caller: Caller
  /** Trace id, 32 hex digits. */
  readonly id: string
}

/** One request to another machine. */
export interface Request {
  readonly node: NodeId
  readonly what: AgentAsk
  /** Undefined: this node asks for itself. */
  readonly as: Acting | undefined
  /** Trace id, 32 hex digits. */
  readonly trace: string
  readonly signal: AbortSignal
  /** Bytes of one document of the answer at most. */
  readonly most?: number
  /** Called when the other machine has said that it is there. */
  readonly onGreeted?: () => void
}

/** What a ledger says of a request. */
export const askDetails = (what: AgentAsk) => ({
  operation: what.operation,
  ...('agent' in what && { agent: what.agent.slice(0, 64) }),
  ...('tool' in what && { tool: what.tool.slice(0, 128) }),
  ...('id' in what && { id: what.id }),
})

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
  /** The events of a task in their order and each once, also where the connection breaks meanwhile, which lines with `away` say. */
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
  /** Whom it asks and as whom, which is in the ledger by then. */
  async function begun(asked: Asked, at: string, what: AgentAsk) {
    const node = nodeAt(at)
    const as = actingOf(asked.caller)
    await note(asked, node, what, as)
    return { node, as }
  }

  async function ask<Answer>(
    asked: Asked,
    at: string,
    operation: Answering<Answer>,
    what: AgentAsk,
  ): Promise<Answer> {
    const { node, as } = await begun(asked, at, what)
    const name = nameOf(node)
    const ms = what.operation === 'start' ? START_MS : ANSWER_MS
    using limit = deadline(timers, ms)
    const { signal } = limit
    try {
      for await (const text of documents({ node, what, as, trace: asked.id, signal }))
        return await fitting(operation, operation.answer, parsed(text, name))
    } catch (error) {
      if (!signal.aborted) throw error
      throw new KaroError('timeout', `${name} did not answer within ${ms / 1_000} s`, {
        hint: `It may be done yet: karo ${what.operation === 'start' ? 'agent' : 'task'} list --at ${name}`,
      })
    }
    throw new KaroError('internal', `${name} sent an empty answer`)
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
    let newest: TaskLineShape | undefined
    /** Whoever waits for a machine that was never reached is told at once why. Events that were seen mean that it was reached. */
    let wasReached = after > 0
    /** Since when it is away, monotonic; undefined while it is reached. */
    let since: number | undefined
    const onGreeted = (): void => {
      wasReached = true
      since = undefined
    }
    const until = as === undefined ? signal : AbortSignal.any([signal, as.ended])
    while (!until.aborted) {
      // A machine that was away is asked for the newest event again, by which it says that it is back.
      let again = since === undefined ? undefined : newest
      try {
        const what = { operation: 'follow', id, after: again ? seen - 1 : seen } as const
        for await (const text of documents({ node, what, as, trace, signal: until, onGreeted })) {
          const line = await fitting(followTask, followTask.lines?.item, parsed(text, nameOf(node)))
          // Only this node knows whether the other one is reached.
          if (line.away !== undefined) continue
          // Each once and in order, whatever the other machine says.
          if (line.seq > seen) {
            newest = line
            seen = line.seq
            yield line
            if (line.final) return
          } else if (again) {
            yield { ...again, away: false }
            again = undefined
          }
        }
        return
      } catch (error) {
        const isCut = error instanceof KaroError && error.code === 'unavailable'
        const now = clock.monotonic()
        if (newest && since === undefined && isCut) yield { ...newest, away: true }
        since ??= now
        if (!isCut || until.aborted || !wasReached || now > since + AWAY.ms) throw error
        await new Promise<void>((resolve) => timers.after(AWAY.look, resolve))
      }
    }
  }

  return {
    ask,
    async follow(asked, at, task, signal) {
      const { node, as } = await begun(asked, at, { operation: 'follow', ...task })
      return lines(node, as, asked.id, task, signal)
    },
  }
}

/** `goesOn`: one sentence about what becomes of the work when the other machine is away; people read it as a hint. */
export function createReach(
  { exchanges, mesh, trust, sessions, self, audit, timers }: ReachDeps,
  goesOn: string,
) {
  const otherAt = (node: NodeId): Other => ({ name: trust.opinion(node).name, goesOn })

  /** Throws those of `Trust.resolve`, `bad_request` for this node (`hint`: what to do then), `refused` for a node that is not a member. */
  function nodeAt(at: string, hint = 'Leave out --at.'): NodeId {
    const node = trust.resolve(at)
    if (node === self) throw new KaroError('bad_request', 'that is this machine', { hint })
    if (!trust.admits(node))
      throw new KaroError('refused', `${trust.opinion(node).name} is not a member here`)
    return node
  }

  /** As whom this person asks; undefined: as this node, which administrators may. Throws `refused` for others. */
  function actingOf(caller: Caller): Acting | undefined {
    if (caller.via !== 'socket') throw new KaroError('refused', 'a token cannot ask other machines')
    // A login outlives the right to ask.
    refuseWithout('asker', caller)
    const acting = sessions.of(caller.person, caller.account, true)
    if (acting?.types.includes(AGENT_CONTROL)) return acting
    if (caller.admin) return undefined
    throw new KaroError(
      'refused',
      'you are not logged in as an operator who may use agents of other machines',
      {
        hint: 'karo login --credential FILE --agents',
      },
    )
  }

  /** Writes into the ledger that it is asked; on the disk before anything leaves. */
  async function note(
    { caller, id }: Asked,
    node: NodeId,
    what: AgentAsk,
    as: Acting | undefined,
  ): Promise<void> {
    await audit.insist({
      type: 'agent_asked',
      success: true,
      peer: node,
      trace_id: id,
      details: {
        uid: caller.person,
        ...askDetails(what),
        ...(what.operation === 'decide' && { approve: what.approve }),
        ...(as !== undefined && { operator: as.operator, operator_name: as.name }),
      },
    })
  }

  /**
   * The documents of the answer as they come. Rejects with what the other machine says, `unavailable` where it is not reached
   * or the connection is cut, `too_large`, and `internal` for an answer that is none.
   */
  async function* documents(request: Request): AsyncGenerator<Buffer, void> {
    const { node, what, as, trace, signal, most = DOCUMENT_BYTES } = request
    const other = otherAt(node)
    const exchange = await open(node, other, signal)
    const leave = (): void => exchange.abort('nobody waits for it')
    signal.addEventListener('abort', leave, { once: true })
    try {
      const { challenge, operations } = bodyIn(await exchange.next(), AgentHello, other)
      if (!operations.includes(what.operation))
        throw new KaroError('refused', `${other.name} has an older Karo, which cannot do this from here`)
      request.onGreeted?.()
      await exchange.send(
        AgentRequest,
        {
          to: keyOf(node),
          challenge,
          ask: what,
          ...(as !== undefined && { operator: { delegation: as.delegation, chain: as.chain } }),
        },
        Buffer.from(trace, 'hex'),
      )
      yield* answerOf(exchange, other, most)
    } finally {
      signal.removeEventListener('abort', leave)
      exchange.abort('over')
    }
  }

  async function open(node: NodeId, other: Other, signal: AbortSignal): Promise<Exchange> {
    using limit = deadline(timers, REACH_MS)
    try {
      const either = AbortSignal.any([limit.signal, signal])
      if (mesh.isConnected(node) || (await mesh.reach(node, either)))
        return await exchanges.open(node, either)
    } catch (error) {
      throw away(other, (error as Error).message)
    }
    throw away(other, NO_WAY)
  }

  return { nodeAt, actingOf, note, documents }
}

/** The asked machine, as shown to people. */
interface Other {
  readonly name: string
  readonly goesOn: string
}

/** The documents of an answer. Rejects with the error that ends it, or `unavailable` where nothing ends it. */
async function* answerOf(exchange: Exchange, other: Other, most: number): AsyncGenerator<Buffer, void> {
  const { name } = other
  let parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const frame = await exchange.next()
    if (frame?.message === AgentEnd) {
      const { error } = bodyOf(frame, AgentEnd)
      if (error !== undefined) throw rebuilt(error, name)
      return
    }
    const { data, ends } = bodyIn(frame, AgentPart, other)
    if (data.length === 0 && !ends) throw new KaroError('internal', `${name} sent an empty part of an answer`)
    size += data.length
    if (size > most) throw new KaroError('too_large', `the answer of ${name} is too large`)
    parts.push(data)
    if (!ends) continue
    const document = Buffer.concat(parts)
    parts = []
    size = 0
    yield document
  }
}

const away = ({ name, goesOn }: Other, why: string): KaroError =>
  new KaroError('unavailable', `${name} cannot be asked: ${why}`, {
    hint: `${why === NO_WAY ? 'It may be off. If not, let its port of the mesh be reached from here, or ask at a machine that has a link to it (karo peers)' : 'karo peers shows who is connected'}. ${goesOn}`,
  })

function bodyIn<B extends WireBody>(frame: Frame | undefined, message: Message<B>, other: Other): B {
  if (frame === undefined) throw away(other, 'the connection to it was cut')
  if (frame.message.type !== message.type)
    throw new KaroError('internal', `${other.name} said ${frame.message.name} where ${message.name} is due`)
  return bodyOf(frame, message)
}

/** What the other machine says is for people: its code counts only where this one knows it. */
function rebuilt({ code, message, hint }: NonNullable<AgentEndBody['error']>, name: string): KaroError {
  const known: ErrorCode = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal'
  return new KaroError(known === 'unavailable' ? 'refused' : known, `${name}: ${message}`, { hint })
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
