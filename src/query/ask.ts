// The requester's side: asks every known member at once, verifies what comes back, and ends with exact coverage.
import { bodyOf, type Frame, FrameError, TRACE_BYTES } from '../../protocols/frame.ts'
import { type AnswerStatus, QueryHop, Response, type SealedAnswer } from '../../protocols/messages/query.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import type { Audit } from '../audit/index.ts'
import { KaroError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Insight } from '../insight/index.ts'
import type { Link, Mesh, PeerRef } from '../mesh/index.ts'
import type { Member, Trust } from '../trust/index.ts'
import { type Collected, type OwnData, resultOf } from './collect.ts'
import { type Author, hex, type OwnQuestion, openAnswer, sameBytes, writeQuestion } from './document.ts'
import type { AskRequest } from './index.ts'
import { askedRange } from './range.ts'
import type { Outcome, QueryResult } from './result.ts'

/** Queries of this node under way at once; more are refused. */
export const ASKING_MAX = 64
/** One repair dial: a LAN peer that is there answers in a tenth of it. */
const REPAIR_MS = 300
const REPAIRS_AT_ONCE = 8
const TIMEOUT_MS = { least: 100, most: 60_000 } as const

export interface AskerDeps extends Author {
  readonly config: Pick<Config, 'node' | 'sharing'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'fingerprint'>
  readonly trust: Pick<Trust, 'members'>
  readonly mesh: Pick<Mesh, 'reach'>
  readonly link: Pick<Link, 'peers' | 'sendHop'>
  readonly insight: Pick<Insight, 'toolUsage' | 'nodeHealth'>
  readonly audit: Pick<Audit, 'record'>
  readonly log: Log
}

export interface Asker {
  ask(request: AskRequest, signal: AbortSignal): Promise<QueryResult>
  response(peer: PeerRef, frame: Frame): void
  down(peer: PeerRef): void
  /** Ends every query as cancelled; none begins afterwards. */
  stop(): void
}

const OUTCOME_OF: Readonly<Record<AnswerStatus, Outcome>> = {
  success: 'answered',
  no_data: 'answered',
  access_denied: 'denied',
  withheld: 'withheld',
  not_supported: 'not_supported',
  busy: 'busy',
  error: 'error',
}

type EndedBy = QueryResult['ended_by']

/** One query under way. */
interface Live {
  readonly question: OwnQuestion
  readonly trace: Uint8Array
  readonly members: ReadonlyMap<NodeId, Member>
  /** Asked, and neither answered nor lost. */
  readonly pending: Set<NodeId>
  readonly collected: Map<NodeId, Collected>
  readonly startedAt: number
  readonly deadlineAt: number
  own: OwnData | undefined
  readonly ended: AbortController
  readonly end: (by: EndedBy) => void
}

export function createAsker(deps: AskerDeps): Asker {
  const { config, identity, trust, mesh, link, insight, audit, clock, random, log } = deps
  /** By query id in hex; an answer to any other is late or was never asked for. */
  const live = new Map<string, Live>()
  let stopped = false

  async function ask(request: AskRequest, signal: AbortSignal): Promise<QueryResult> {
    const startedAt = clock.monotonic()
    const range = askedRange(request.range)
    checkRequest(request)
    if (stopped) throw new KaroError('unavailable', 'the node is stopping')
    if (live.size >= ASKING_MAX) {
      throw new KaroError('rate_limited', `${ASKING_MAX} queries are under way already`, {
        hint: 'Wait for one of them to end.',
      })
    }
    const trace =
      request.traceId === undefined ? random.bytes(TRACE_BYTES) : Buffer.from(request.traceId, 'hex')
    const { query_type, level } = request
    const question = writeQuestion(deps, { query_type, level, time_range: range }, trace)
    const { promise, resolve } = Promise.withResolvers<EndedBy>()
    const query: Live = {
      question,
      trace,
      members: new Map(trust.members().map((member) => [member.node_id, member])),
      pending: new Set(),
      collected: new Map(),
      startedAt,
      deadlineAt: startedAt + request.timeoutMs,
      own: undefined,
      ended: new AbortController(),
      end: resolve,
    }
    live.set(hex(question.body.query_id), query)
    const deadline = setTimeout(() => query.end('deadline'), request.timeoutMs)
    const cancel = (): void => query.end('cancelled')
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    try {
      gatherOwn(query, request)
      askEveryone(query)
      const endedBy = await promise
      return await conclude(query, request, endedBy)
    } finally {
      clearTimeout(deadline)
      signal.removeEventListener('abort', cancel)
      live.delete(hex(question.body.query_id))
      query.ended.abort()
    }
  }

  /** The asking person's own numbers, which need nobody's consent. Level 2 has nobody's own numbers, not even theirs. */
  function gatherOwn(query: Live, { uid, level }: AskRequest): void {
    const { query_type, time_range } = query.question.body
    const gathered: Promise<OwnData> =
      query_type === 'NodeHealth'
        ? insight.nodeHealth().then((health) => ({ health }))
        : level === 2
          ? Promise.resolve({})
          : insight.toolUsage([uid], time_range).then((tools) => ({ tools }))
    gathered
      .catch((error: unknown): OwnData => {
        log.error({ error: String(error), trace_id: hex(query.trace) }, "this node's own numbers failed")
        return { failed: true }
      })
      .then((own) => {
        query.own = own
        endIfAllDone(query)
      })
      .catch(() => {})
  }

  function askEveryone(query: Live): void {
    const linked = new Set(link.peers().map((peer) => peer.nodeId))
    const missing: NodeId[] = []
    for (const node of query.members.keys()) {
      if (!linked.has(node) || !askOver(query, node)) missing.push(node)
    }
    // A few dial at a time; each takes the next member from the list.
    const queue = missing.values()
    for (let i = 0; i < Math.min(REPAIRS_AT_ONCE, missing.length); i++) {
      repairNext(query, queue).catch((error: unknown) => log.error({ error: String(error) }, 'repair failed'))
    }
    endIfAllDone(query)
  }

  /** False: there is no link to ask over. */
  function askOver(query: Live, node: NodeId): boolean {
    const left = Math.floor(query.deadlineAt - clock.monotonic())
    const body = {
      query_id: query.question.body.query_id,
      remaining_ms: Math.max(0, left),
      hops: 0,
      document: query.question.bytes,
    }
    query.pending.add(node)
    const sent = link.sendHop(node, QueryHop, body, query.trace)
    if (!sent) query.pending.delete(node)
    return sent
  }

  async function repairNext(query: Live, queue: Iterator<NodeId>): Promise<void> {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const node = next.value
      const reached = await mesh.reach(
        node,
        AbortSignal.any([query.ended.signal, AbortSignal.timeout(REPAIR_MS)]),
      )
      if (query.ended.signal.aborted) return
      if (!reached || !askOver(query, node)) settle(query, node, { outcome: 'unreachable' })
    }
  }

  /** The first word about a member stands. */
  function settle(query: Live, node: NodeId, collected: Collected): void {
    if (query.ended.signal.aborted || query.collected.has(node)) return
    query.pending.delete(node)
    query.collected.set(node, collected)
    endIfAllDone(query)
  }

  function endIfAllDone(query: Live): void {
    if (query.own !== undefined && query.collected.size === query.members.size) query.end('all_done')
  }

  function response(peer: PeerRef, frame: Frame): void {
    const { query_id, author, sealed } = bodyOf(frame, Response)
    const query = live.get(hex(query_id))
    // Late, never asked for, or asked of somebody else; a second answer is not looked at either.
    if (query === undefined || !query.pending.has(peer.nodeId)) return
    const at_ms = clock.monotonic() - query.startedAt
    try {
      const responder = frame.envelope.sender
      // Direct: a neighbour answers for itself and for nobody else.
      if (!sameBytes(responder, peer.publicKey) || !sameBytes(author, identity.publicKey)) {
        throw new FrameError('bad_signature', 'the answer is not by the member that was asked')
      }
      const answer: SealedAnswer = openAnswer(query.question, author, responder, sealed)
      settle(query, peer.nodeId, { outcome: OUTCOME_OF[answer.status], answer, at_ms })
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.warn({ peer: peer.nodeId, code: error.code, trace_id: hex(query.trace) }, 'answer refused')
      settle(query, peer.nodeId, {
        outcome: error.code === 'bad_signature' ? 'bad_signature' : 'error',
        at_ms,
      })
    }
  }

  async function conclude(query: Live, request: AskRequest, ended_by: EndedBy): Promise<QueryResult> {
    query.ended.abort()
    const result = resultOf({
      question: query.question.body,
      perNode: request.perNode,
      self: { fingerprint: identity.fingerprint, name: config.node.name, as_of: clock.now() },
      own: query.own ?? { failed: true },
      members: [...query.members.values()].map((member) => ({
        member,
        collected: query.collected.get(member.node_id) ?? { outcome: 'unreachable' },
      })),
      k_min: config.sharing.k_min,
      ended_by,
      elapsed_ms: clock.monotonic() - query.startedAt,
    })
    const { coverage, status, query_id, query_type, time_range, level } = result
    const { known, answered, denied, withheld, failed, unreachable } = coverage
    const details = {
      query_id,
      query_type,
      level,
      status,
      ended_by,
      known,
      answered,
      denied,
      withheld,
      failed,
      unreachable,
    }
    log.info({ ...details, trace_id: hex(query.trace), elapsed_ms: result.timing.elapsed_ms }, 'query ended')
    await audit.record({
      type: 'query_asked',
      success: status === 'success' || status === 'no_data',
      trace_id: hex(query.trace),
      details: { ...details, range_start: time_range.start, range_end: time_range.end, uid: request.uid },
    })
    return result
  }

  return {
    ask,
    response,
    down(peer) {
      for (const query of live.values()) {
        if (query.pending.has(peer.nodeId)) settle(query, peer.nodeId, { outcome: 'unreachable' })
      }
    },
    stop() {
      stopped = true
      for (const query of live.values()) query.end('cancelled')
    },
  }
}

function checkRequest({ timeoutMs, query_type, level, traceId }: AskRequest): void {
  if (!(timeoutMs >= TIMEOUT_MS.least && timeoutMs <= TIMEOUT_MS.most)) {
    throw new KaroError(
      'bad_request',
      `a query takes ${TIMEOUT_MS.least} ms to ${TIMEOUT_MS.most / 1000} s`,
      {
        where: 'timeout',
      },
    )
  }
  if (query_type === 'NodeHealth' && level === 2) {
    throw new KaroError(
      'bad_request',
      'node health is answered by each node for itself: it has level 1 only',
      {
        where: 'level',
        hint: 'Leave --level out.',
      },
    )
  }
  if (traceId !== undefined && !/^[0-9a-f]{32}$/.test(traceId)) {
    throw new KaroError('bad_request', 'a trace id is 32 lower-case hex digits', { where: 'x-trace-id' })
  }
}
