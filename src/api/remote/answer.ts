// Answers what other machines ask about agents, tasks, approvals and artifacts: the accepting side of `/karo/agent/1` and `/karo/artifact/1`.
// Who asks is proved and policy asked for each request, and the decision written into the ledger.
import { pipe } from 'it-pipe'
import { bodyOf } from '../../../protocols/frame.ts'
import {
  AGENT_CONTROL,
  AGENT_PART_BYTES,
  type AgentAsk,
  AgentEnd,
  type AgentEndBody,
  AgentHello,
  AgentPart,
  AgentRequest,
  type AgentRequestBody,
} from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Approval, Approver } from '../../agents/approvals/types.ts'
import { wordsAfar } from '../../agents/tasks/afar.ts'
import type { Afar } from '../../agents/tasks/types.ts'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { jsonText } from '../../base/printable.ts'
import { createQuotas } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createSparing, REST } from '../../base/sparing.ts'
import type { Exchange, ExchangeHandler, PeerRef } from '../../mesh/index.ts'
import type { Audit, AuditRecord } from '../../trust/audit/index.ts'
import { type Asker, audienceKeyOf, type Principals, type Sessions } from '../../trust/operators/index.ts'
import { type AgentOperation, closedTo, type Policy, type RoleDecision } from '../../trust/policy/index.ts'
import { askDetails } from './ask.ts'

/** Requests of one person, through whichever nodes they ask, and of one node: sustained rates, which are also the bursts. */
const REQUESTS = { ofPerson: { frames: 30, perMs: 10_000 }, ofNode: { frames: 120, perMs: 10_000 } } as const
/** People and nodes whose rate is remembered. */
const REMEMBERED_MAX = 1_024
const CHALLENGE_BYTES = 16
/** Milliseconds in which a piece of an answer has to be sent, so that a peer that does not read blocks nobody. */
const STALLED_MS = 60_000
/** Milliseconds for the asking side to close, after the whole answer was sent. */
const CLOSE_MS = 5_000
/** Requests that a client repeats often: the ledger counts them, like all refusals. */
const LOOKS: ReadonlySet<AgentAsk['operation']> = new Set(['list', 'tasks', 'approvals'])
/** One entry at once, and the next ones after one minute, two, four, and so on up to an hour. */
const COUNTED = { everyMs: 60_000, mostMs: 3_600_000 } as const
const UNWRITTEN_MAX = 256

/** One request of another machine, from now on in its name and no other. */
export interface Visitor {
  readonly by: Afar
  /** Trace id, 32 hex digits. */
  readonly trace: string
  /** Throws KaroError `refused` where policy does not let them do it; the decision is in the ledger either way. */
  check(what: AgentAsk, operation: AgentOperation, agent: string, tool: string): Promise<void>
  /** The same without a word; nothing is written. */
  may(operation: AgentOperation, agent: string, tool?: string): boolean
  /** The same as `may` by what certificates, delegation and trust say at this moment. */
  still(operation: AgentOperation, agent: string, tool: string): boolean
  /** They may do nothing here at this moment, whatever it is about. */
  closed(): boolean
  /** Every key of the node that asks, the one that it uses first. */
  readonly nodes: readonly [NodeId, ...NodeId[]]
  /** What came of a request that is about all agents or tasks. */
  note(what: AgentAsk, success: boolean, reason: string): Promise<void>
  /** The people of this machine whose requests are theirs too: they are logged in here under the same key. */
  readonly people: readonly number[]
  /** Whether this person is, at this moment, logged in here under the visitor's key. */
  isTheirs(person: number): boolean
  /** As whom they see and decide this request; undefined where policy lets them do neither. */
  approverOf(approval: Approval): Approver | undefined
}

interface AnswerDeps extends Pick<Ambient, 'clock' | 'timers' | 'random' | 'log'> {
  readonly principals: Pick<Principals, 'resolve'>
  readonly policy: Pick<Policy, 'judgeAgent'>
  readonly sessions: Pick<Sessions, 'peopleOf'>
  /** What this node calls another one. */
  readonly nameOf: (node: NodeId) => string
  readonly audit: Pick<Audit, 'record' | 'insist'>
  /** What may be asked on this stream. */
  readonly operations: readonly AgentAsk['operation'][]
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
  const { visitorOf, turnedAway, flush } = createVisitors(deps)
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

function createVisitors({ principals, policy, sessions, nameOf, audit, clock }: AnswerDeps) {
  const counted = createSparing({ clock, ...COUNTED })
  /** What the entries that are not written yet would say. */
  const unwritten = createRecent<string, AuditRecord>(UNWRITTEN_MAX)

  /** What somebody may do as often as they like gets few entries, each with the number of requests since the one before. */
  async function record(entry: AuditRecord, isCounted: boolean, key: string): Promise<void> {
    // What is let through stands in the ledger, or is not done.
    if (!isCounted) return audit.insist(entry)
    const happened = counted.times(key)
    if (happened === undefined) return unwritten.set(key, entry)
    unwritten.delete(key)
    await audit.record(summed(happened.key === REST ? undefined : entry, happened.times))
  }

  /** What was counted since the last entries, at the end. */
  async function flush(): Promise<void> {
    const left = counted.left()
    await Promise.all(left.map(([key, times]) => audit.record(summed(unwritten.peek(key), times))))
    unwritten.clear()
  }

  /** A request that nobody reads further. */
  const turnedAway = (peer: PeerRef, { ask: what }: AgentRequestBody, trace: string, reason: string) =>
    record(
      {
        type: 'agent_requested',
        success: false,
        peer: peer.nodeId,
        trace_id: trace,
        details: { operation: what.operation, rule: 'agent.turned_away', reason },
      },
      true,
      `${peer.nodeId} ${reason}`,
    )

  function visitorOf(peer: PeerRef, body: AgentRequestBody, trace: string): Visitor {
    const { nodeId: node } = peer
    const resolve = () =>
      principals.resolve({
        author: peer.publicKey,
        authorId: node,
        body: {
          query_type: AGENT_CONTROL,
          // Nothing is sealed to it here: the answer goes over this very stream.
          audience_key:
            body.operator === undefined ? new Uint8Array() : audienceKeyOf(body.operator.delegation),
          operator: body.operator,
        },
      })
    const asker = resolve()
    const { operator, fault } = asker
    const name = operator === undefined ? nameOf(node) : `${operator.name} at ${nameOf(node)}`
    const by: Afar = { node, ...(operator !== undefined && { operator: operator.id }), name }

    const judge = (
      operation: AgentOperation,
      agent: string,
      tool: string,
      { own = false, who = asker }: { readonly own?: boolean; readonly who?: Asker } = {},
    ): RoleDecision => {
      const { principal, fault } = who
      return fault === undefined
        ? policy.judgeAgent({ principal, operation, agent, tool, own, by_agent: false })
        : { effect: 'deny', rule: fault.rule, reason: fault.reason }
    }

    const write = (what: AgentAsk, { effect, rule, reason }: RoleDecision): Promise<void> => {
      const isCounted = effect !== 'allow' || LOOKS.has(what.operation)
      const details = {
        ...askDetails(what),
        rule,
        reason: reason.slice(0, 512),
        ...(operator !== undefined && { operator: operator.id, operator_name: operator.name }),
      }
      return record(
        {
          type: 'agent_requested',
          success: effect === 'allow',
          peer: node,
          trace_id: trace,
          details,
        },
        isCounted,
        [node, operator?.id ?? '-', what.operation, effect, rule].join(' '),
      )
    }

    const { other_keys: others = [] } = asker.principal.through ?? asker.principal
    const peopleNow = () =>
      operator === undefined || fault !== undefined ? [] : sessions.peopleOf(operator.id)
    const people = peopleNow()

    return {
      by,
      trace,
      people,
      isTheirs: (person) => peopleNow().includes(person),
      nodes: [node, ...others],
      closed() {
        const { principal, fault } = resolve()
        return fault !== undefined || closedTo(principal) !== undefined
      },
      still: (operation, agent, tool) => judge(operation, agent, tool, { who: resolve() }).effect === 'allow',
      may: (operation, agent, tool = '') => judge(operation, agent, tool).effect === 'allow',
      async check(what, operation, agent, tool) {
        const decision = judge(operation, agent, tool)
        await write(what, decision)
        if (decision.effect !== 'allow') throw refusal()
      },
      note: (what, success, reason) =>
        write(what, { effect: success ? 'allow' : 'deny', rule: `agent.${what.operation}`, reason }),
      approverOf(approval) {
        const own = approval.person !== null && people.includes(approval.person)
        // What a person of this machine asked is that person's alone, whatever role others have.
        if (operator === undefined || (approval.person !== null && !own)) return undefined
        const { agent, tool } = approval.action
        if (judge('approve', agent, tool, { own }).effect !== 'allow') return undefined
        // Of the node, and not of the operator who asks through it.
        const from = { node, others, name }
        return {
          person: approval.person ?? NOBODY,
          account: NOBODY,
          admin: !own,
          operator: operator.id,
          way: 'operator',
          sessions: [],
          from,
        }
      },
    }
  }

  return { visitorOf, turnedAway, flush }
}

/** One entry for several requests; without `last` it is about nobody in particular. */
const summed = (last: AuditRecord | undefined, times: number): AuditRecord =>
  last === undefined
    ? { type: 'agent_requested', success: false, details: { times } }
    : { ...last, details: { ...last.details, times } }

/** No person of this machine. */
const NOBODY = -1

/** The same words whatever the reason is, and whether or not there is such an agent: the reason is in the ledger here. */
export const refusal = (): KaroError =>
  new KaroError('refused', 'that machine does not let you do that', {
    hint: 'Its owner decides who may; the ledger there says why, as agent_requested. karo whoami shows as whom you ask; restarts end logins.',
  })

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
