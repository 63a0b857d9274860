// The requester's side: asks every known member, verifies what comes back, and ends with exact coverage.
import { bodyOf, type Frame, FrameError, TRACE_BYTES } from '../../../../protocols/frame.ts'
import {
  type AnswerStatus,
  QueryDone,
  Response,
  type SealedAnswer,
} from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { Timers } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { toHex } from '../../../base/hex.ts'
import type { Config } from '../../../config/index.ts'
import type { Link, Mesh, PeerRef } from '../../../mesh/index.ts'
import type { Identity } from '../../../trust/identity/index.ts'
import type { Trust } from '../../../trust/peers/index.ts'
import type { Router } from '../answering/router.ts'
import { type Author, openAnswer, sameBytes, writeQuestion } from '../document.ts'
import { checkFilters, filtersForOwners } from '../filters.ts'
import { type GatherInsight, queryType } from '../query-types/index.ts'
import { askedRange } from '../range.ts'
import type { Coverage, Outcome, QueryResult } from '../result.ts'
import type { AskRequest } from '../types.ts'
import { type AbsentDeps, createAbsent } from './absent.ts'
import { type ConcludeDeps, conclude } from './conclude.ts'
import { coverageOf } from './coverage.ts'
import { type EndedBy, type Live, soFar } from './live.ts'
import { createOutreach } from './outreach.ts'
import { createProgress } from './progress.ts'
import { checkRequest } from './request.ts'
import { membersOf } from './team.ts'
import type { Collected, OwnData } from './types.ts'

/** Queries of this node under way at once; more are refused. */
export const ASKING_MAX = 64

export interface AskerDeps extends Author, ConcludeDeps {
  readonly config: Pick<Config, 'node' | 'sharing' | 'overlay'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'fingerprint'>
  readonly trust: Pick<Trust, 'members' | 'opinion' | 'known'>
  readonly mesh: Pick<Mesh, 'reach' | 'isConnected' | 'apart'>
  readonly link: Pick<Link, 'peers' | 'sendHop'>
  readonly router: Pick<Router, 'begin' | 'end'>
  readonly timers: Timers
  readonly insight: GatherInsight
  readonly summaries: AbsentDeps['summaries']
}

export interface Asker {
  ask(
    request: AskRequest,
    signal: AbortSignal,
    onProgress?: (coverage: Coverage) => void,
  ): Promise<QueryResult>
  /** An answer to a question of this node. */
  response(peer: PeerRef, frame: Frame): void
  /** A neighbour is done with a question of somebody. */
  done(peer: PeerRef, frame: Frame): void
  down(peer: PeerRef): void
  /** Ends every query as cancelled; none begins afterwards. */
  stop(): void
  /** Under way now. */
  asking(): number
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

/** The owner could not answer this copy of the question; another one may have found it with time. */
const PROVISIONAL: ReadonlySet<AnswerStatus> = new Set(['busy', 'error'])

export function createAsker(deps: AskerDeps): Asker {
  const { identity, trust, insight, clock, timers, random, log } = deps
  /** By query id in hex; an answer to any other is late or was never asked for. */
  const live = new Map<string, Live>()
  let stopped = false

  async function ask(
    request: AskRequest,
    signal: AbortSignal,
    onProgress?: (coverage: Coverage) => void,
  ): Promise<QueryResult> {
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
    const { query_type, level, filters = [] } = request
    checkFilters(query_type, filters)
    const question = writeQuestion(
      deps,
      { query_type, level, time_range: range, filters: filtersForOwners(query_type, filters) },
      trace,
    )
    const deadlineAt = startedAt + request.timeoutMs
    const { promise, resolve } = Promise.withResolvers<EndedBy>()
    const { members, hearsay } = membersOf(trust, request.team)
    const { bytes, body } = question
    const query: Live = {
      question,
      trace,
      members,
      hearsay,
      outreach: createOutreach(deps, {
        question: { author: identity.publicKey, query_id: body.query_id, document: bytes, trace },
        members,
        known: trust.members().length - hearsay,
        deadlineAt,
        lost: (node, busy) => settle(query, node, busy ? { outcome: 'busy' } : soFar(query, node)),
      }),
      absent: createAbsent(deps, { type: query_type, range, deadlineAt }, () => unsettled(query)),
      progress: createProgress(timers, () => onProgress?.(coverageSoFar(query))),
      collected: new Map(),
      provisional: new Map(),
      startedAt,
      own: undefined,
      over: false,
      end: resolve,
    }
    live.set(toHex(body.query_id), query)
    const stopDeadline = timers.after(request.timeoutMs, () => query.end('deadline'))
    const cancel = (): void => query.end('cancelled')
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    try {
      gatherOwn(query, request)
      query.outreach.start()
      query.progress.changed()
      endIfAllDone(query)
      const endedBy = await promise
      query.over = true
      query.progress.stop()
      // When everybody has answered, those who carried it end by themselves.
      query.outreach.end(endedBy !== 'all_done')
      return await conclude(deps, query, request, endedBy)
    } finally {
      stopDeadline()
      query.absent.stop()
      signal.removeEventListener('abort', cancel)
      live.delete(toHex(body.query_id))
    }
  }

  /**
   * The asking person's own numbers, which need nobody's consent. Level 2 has nobody's own numbers, not even theirs; a
   * team has its members'.
   */
  function gatherOwn(query: Live, { query_type, uid, level, team }: AskRequest): void {
    const { time_range } = query.question.body
    const none = level === 2 || team !== undefined
    const gathering = none ? Promise.resolve(null) : queryType(query_type).gather(insight, [uid], time_range)
    const gathered = gathering.then((data): OwnData => (data === null ? {} : { data }))
    gathered
      .catch((error: unknown): OwnData => {
        log.error({ error: String(error), trace_id: toHex(query.trace) }, "this node's own numbers failed")
        return { failed: true }
      })
      .then((own) => {
        query.own = own
        endIfAllDone(query)
      })
      .catch(() => {})
  }

  /** The first word about a member stands, but for a provisional one. */
  function settle(query: Live, node: NodeId, collected: Collected): void {
    if (query.over || query.collected.has(node)) return
    query.collected.set(node, collected)
    query.outreach.settled(node)
    query.progress.changed()
    endIfAllDone(query)
  }

  /** For whom a summary may have to stand in. */
  const unsettled = (query: Live): readonly NodeId[] =>
    query.question.body.level === 2
      ? []
      : [...query.members.keys()].filter((node) => soFar(query, node).outcome === 'unreachable')

  function coverageSoFar(query: Live): Coverage {
    return coverageOf(
      [...query.members.values()].map(({ node_id, fingerprint, name }) => ({
        fingerprint,
        name,
        outcome: soFar(query, node_id).outcome,
      })),
    )
  }

  function endIfAllDone(query: Live): void {
    if (query.own !== undefined && query.collected.size === query.members.size) query.end('all_done')
  }

  function response(peer: PeerRef, frame: Frame): void {
    const { query_id, author, sealed } = bodyOf(frame, Response)
    const query = live.get(toHex(query_id))
    // Late, or never asked for.
    if (query === undefined || query.over) return
    const responder = frame.envelope.sender
    const signer = formatNodeId(responder)
    // A neighbour asked for itself that hands in what another signed has not answered.
    const node = query.outreach.carriedBy(peer.nodeId) ? signer : peer.nodeId
    // Coverage counts the members known when the query began, each once.
    if (!query.members.has(node) || query.collected.has(node)) return
    const at_ms = clock.monotonic() - query.startedAt
    try {
      if (signer !== node) {
        throw new FrameError('bad_signature', 'the answer is not by the member that was asked')
      }
      const answer: SealedAnswer = openAnswer(query.question, author, responder, sealed)
      const collected: Collected = { outcome: OUTCOME_OF[answer.status], answer, at_ms }
      // A neighbour that brings it may have caused it: it can use up its own quota at the owner and then hand the question on.
      if (peer.nodeId !== node && PROVISIONAL.has(answer.status)) {
        query.provisional.set(node, collected)
        query.progress.changed()
      } else {
        settle(query, node, collected)
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.warn({ peer: node, code: error.code, trace_id: toHex(query.trace) }, 'answer refused')
      settle(query, node, {
        outcome: error.code === 'bad_signature' ? 'bad_signature' : 'error',
        at_ms,
      })
    }
  }

  return {
    ask,
    response,
    done(peer, frame) {
      const { author, query_id, answered, lost } = bodyOf(frame, QueryDone)
      if (!sameBytes(author, identity.publicKey)) return
      // One that was asked for itself, gave nothing and lost one: itself (answer.ts).
      live.get(toHex(query_id))?.outreach.done(peer.nodeId, answered === 0 && lost === 1)
    },
    down(peer) {
      for (const query of live.values()) query.outreach.down(peer.nodeId)
    },
    stop() {
      stopped = true
      for (const query of live.values()) query.end('cancelled')
    },
    asking: () => live.size,
  }
}
