// Answers what other machines ask about agents, tasks, approvals and artifacts: the accepting side of `/karo/agent/1` and `/karo/artifact/1`.
import { pipe } from 'it-pipe'
import { bodyOf } from '../../../protocols/frame.ts'
import {
  AGENT_PART_BYTES,
  type AgentAsk,
  AgentEnd,
  type AgentEndBody,
  AgentHello,
  type AgentOperation,
  AgentPart,
  AgentRequest,
  type AgentRequestBody,
} from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { wordsAfar } from '../../agents/tasks/afar.ts'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { jsonText } from '../../base/printable.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Exchange, ExchangeHandler } from '../../mesh/index.ts'
import { createEntitled, type EntitledDeps, type Visitor } from './entitled.ts'

/** Requests of one person, through whichever nodes they ask, and of one node: sustained rates, which are also the bursts. */
const REQUESTS = { ofPerson: { frames: 30, perMs: 10_000 }, ofNode: { frames: 120, perMs: 10_000 } } as const
/** People and nodes whose rate is remembered. */
const REMEMBERED_MAX = 1_024
const CHALLENGE_BYTES = 16
/** Milliseconds in which a piece of an answer has to be sent, so that a peer that does not read blocks nobody. */
const STALLED_MS = 60_000
/** Milliseconds for the asking side to close, after the whole answer was sent. */
const CLOSE_MS = 5_000

interface AnswerDeps extends EntitledDeps, Pick<Ambient, 'timers' | 'random' | 'log'> {
  /** What may be asked on this stream. */
  readonly operations: readonly AgentOperation[]
  /** The documents of an answer; bytes are sent as they are. Throws KaroError. */
  readonly perform: (
    visitor: Visitor,
    what: AgentAsk,
    signal: AbortSignal,
  ) => AsyncGenerator<object | Uint8Array, void>
  /** Streams that are answered at the same time: of one person, those of them that follow a task, and of all. */
  readonly most: { readonly ofPerson: number; readonly follows: number; readonly ofAll: number }
  readonly self: { readonly nodeId: NodeId; readonly publicKey: Uint8Array }
}

/** `flush` writes into the ledger what was only counted so far. */
export function createAnswer(deps: AnswerDeps): {
  readonly handle: ExchangeHandler
  readonly flush: () => Promise<void>
} {
  const { self, clock, random, timers, log, operations, perform, most } = deps
  const { visitorOf, turnedAway, flush } = createEntitled(deps)
  const quotaOf = createQuotas<NodeId>(REQUESTS.ofNode, REMEMBERED_MAX)
  /** By operator, or by the node that asks for itself. */
  const shareOf = createQuotas<string>(REQUESTS.ofPerson, REMEMBERED_MAX)
  /** The person of each stream that is answered now; a person with three streams is in it three times. */
  const answering: { readonly who: string; readonly follows: boolean }[] = []

  /** Throws KaroError `rate_limited`. */
  function checkRoom(fits: boolean): void {
    if (fits && answering.length < most.ofAll) return
    throw new KaroError('rate_limited', 'too many requests', { hint: 'Try again in some seconds.' })
  }

  /** Its place among those that are answered, which the caller gives back. Throws KaroError `rate_limited` where that is used up. */
  function shared({ by }: Visitor, { operation }: AgentAsk): (typeof answering)[number] {
    const who = by.operator ?? by.node
    const follows = operation === 'follow'
    const theirs = answering.filter((one) => one.who === who)
    // A peer that follows many tasks can still cancel.
    const fits = !follows || theirs.filter((one) => one.follows).length < most.follows
    checkRoom(fits && theirs.length < most.ofPerson && shareOf(who).take(clock.monotonic()))
    const one = { who, follows }
    // Taken before anything is waited for, so that many at once do not all find room.
    answering.push(one)
    return one
  }

  /** Throws KaroError `refused`: only what was written for this node and for this stream is read. */
  function checkMeant({ to, challenge, ask }: AgentRequestBody, said: Uint8Array): void {
    if (!Buffer.from(to).equals(self.publicKey))
      throw new KaroError('refused', 'the request is for another node')
    if (!Buffer.from(challenge).equals(said))
      throw new KaroError('refused', 'the request was made for another stream')
    if (!operations.includes(ask.operation))
      throw new KaroError('refused', 'that is not asked on this stream')
  }

  async function answer(exchange: Exchange): Promise<void> {
    const challenge = Uint8Array.from(random.bytes(CHALLENGE_BYTES))
    await exchange.send(AgentHello, { challenge, operations })
    const frame = await exchange.next()
    if (frame === undefined || frame.message.type !== AgentRequest.type) return exchange.abort('no request')
    const body = bodyOf(frame, AgentRequest)
    const trace = frame.envelope.trace ?? random.bytes(CHALLENGE_BYTES)
    let error: AgentEndBody['error']
    try {
      const [visitor, who] = await (async () => {
        try {
          checkRoom(quotaOf(exchange.peer.nodeId).take(clock.monotonic()))
          checkMeant(body, challenge)
          const visitor = visitorOf(exchange.peer, body, toHex(trace))
          return [visitor, shared(visitor, body.ask)] as const
        } catch (refused) {
          await turnedAway(exchange.peer, body, toHex(trace), (refused as Error).message)
          throw refused
        }
      })()
      try {
        await pipe(perform(visitor, body.ask, exchange.signal), inParts, sent(exchange, timers, trace))
      } finally {
        answering.splice(answering.indexOf(who), 1)
      }
    } catch (thrown) {
      if (exchange.signal.aborted) return
      error = toldOf(thrown as Error)
      if (!(thrown instanceof KaroError))
        log.error({ trace_id: toHex(trace), reason: String(thrown) }, 'a request of another node failed')
      else if (error.message !== thrown.message)
        log.warn({ trace_id: toHex(trace), reason: thrown.message }, 'another node is not told why')
    }
    await exchange.send(AgentEnd, error === undefined ? {} : { error }, trace)
    await exchange.end(CLOSE_MS)
  }

  return { handle: answer, flush }
}

interface Part {
  readonly data: Uint8Array
  readonly ends: boolean
}

async function* inParts(documents: AsyncIterable<object | Uint8Array>): AsyncGenerator<Part, void> {
  for await (const document of documents) {
    const bytes = document instanceof Uint8Array ? document : Buffer.from(jsonText(document))
    for (let at = 0; at === 0 || at < bytes.length; at += AGENT_PART_BYTES)
      yield { data: bytes.subarray(at, at + AGENT_PART_BYTES), ends: at + AGENT_PART_BYTES >= bytes.length }
  }
}

/** Written as fast as it is read at the other end: the next part is made when the one before has left. */
const sent =
  (exchange: Exchange, timers: Timers, trace: Uint8Array) =>
  async (parts: AsyncIterable<Part>): Promise<void> => {
    for await (const part of parts) {
      const stop = timers.after(STALLED_MS, () => exchange.abort('nobody reads the answer'))
      try {
        await exchange.send(AgentPart, part, trace)
      } finally {
        stop()
      }
    }
  }

const short = (text: string): string => text.slice(0, 500).toWellFormed()

/** A mistake of this program is no affair of other machines. */
function toldOf(error: Error): NonNullable<AgentEndBody['error']> {
  if (!(error instanceof KaroError)) return { code: 'internal', message: 'it failed; its log says why' }
  const { code, message, hint } = error
  // Refusals are worded for the asker; messages of other errors may name places and secrets.
  const words = code === 'refused' ? message : wordsAfar(error, 'it cannot do that now; its log says why')
  const isWhole = words === message && hint !== undefined
  return { code, message: short(words), ...(isWhole && { hint: short(hint) }) }
}
