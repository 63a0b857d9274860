// The owner's side: takes up questions that neighbours hand on, decides, gathers, seals, signs, and says so in the audit.
import { bodyOf, type Frame, FrameError } from '../../protocols/frame.ts'
import { QueryHop, type QueryType, type SealedAnswer } from '../../protocols/messages/query.ts'
import type { Audit, AuditRecord } from '../audit/index.ts'
import type { Log } from '../base/log.ts'
import { type Insight, type TimeRange, widenToHours } from '../insight/index.ts'
import type { Link, PeerRef } from '../mesh/index.ts'
import { type Action, type Decision, decide, principalOf, resourceOf } from '../policy/index.ts'
import type { Sharing } from '../sharing/index.ts'
import type { ReplayRepository } from '../store/replay.ts'
import type { Trust } from '../trust/index.ts'
import { type AnswerBody, type Author, hex, type Question, readQuestion, writeAnswer } from './document.ts'
import { createIntake } from './intake.ts'
import { RANGE_MAX_MS } from './range.ts'
import { createSeen, type Entry } from './seen.ts'

/** Questions worked on at once; more are told `busy`. */
export const CONCURRENT_MAX = 64
/** How often consent or trust may change under one question before it is given up. */
const ATTEMPTS = 3

export interface AnswererDeps extends Author {
  readonly trust: Pick<Trust, 'opinion'>
  readonly insight: Pick<Insight, 'uids' | 'toolUsage' | 'nodeHealth'>
  readonly sharing: Pick<Sharing, 'consentOf'>
  readonly audit: Pick<Audit, 'record'>
  readonly replay: Pick<ReplayRepository, 'put' | 'load'>
  readonly link: Pick<Link, 'sendDocument'>
  readonly log: Log
  /** Decides for a node on which nobody typed anything yet. */
  readonly ownUid: number
  /** Grows with every change of consent or trust. */
  readonly revision: () => number
}

export interface Answerer {
  load(): Promise<void>
  hop(peer: PeerRef, frame: Frame): void
  /** Resolves when nothing is worked on and the ledger has everything. */
  idle(): Promise<void>
}

const ACTION_OF: Readonly<Record<QueryType, Action>> = {
  ToolUsage: 'query.tool_usage',
  SafetyPosture: 'query.safety_posture',
  ActivityPatterns: 'query.activity_patterns',
  Anomalies: 'query.anomalies',
  NodeHealth: 'query.node_health',
}

type Data = Extract<SealedAnswer, { status: 'success' }>['data']
type Gather = (
  insight: AnswererDeps['insight'],
  uids: readonly number[],
  range: TimeRange,
) => Promise<Data | null>

/** Null instead of a function: this release does not answer it. Null as data: nothing to say. */
const GATHER: Readonly<Record<QueryType, Gather | null>> = {
  ToolUsage: async (insight, uids, range) => {
    const tools = await insight.toolUsage(uids, widenToHours(range))
    return tools.length === 0 ? null : { query_type: 'ToolUsage', tools }
  },
  SafetyPosture: null,
  ActivityPatterns: null,
  Anomalies: null,
  NodeHealth: async (insight) => ({ query_type: 'NodeHealth', health: await insight.nodeHealth() }),
}

interface Verdict {
  readonly decision: Decision
  readonly level: 1 | 2
  /** Those who consent; only their data is looked at. */
  readonly uids: readonly number[]
}

export function createAnswerer(deps: AnswererDeps): Answerer {
  const { trust, insight, sharing, audit, link, log, clock, revision } = deps
  const seen = createSeen(deps.replay)
  const intake = createIntake(audit, clock)
  const working = new Set<Promise<void>>()

  function hop(peer: PeerRef, frame: Frame): void {
    const { query_id, document, remaining_ms } = bodyOf(frame, QueryHop)
    let question: Question
    try {
      question = readQuestion(document, query_id, clock.now())
    } catch (error) {
      // A neighbour checks what it hands on, so whoever hands on a forged question answers for it. Clocks differ.
      if (!(error instanceof FrameError) || error.code !== 'stale') throw error
      log.debug({ peer: peer.nodeId, code: error.code }, 'question refused')
      return
    }
    const until = clock.monotonic() + remaining_ms
    const entry = seen.get(question)
    if (entry === undefined) takeUp(peer, question, until)
    else again(peer, question, entry, until)
  }

  function takeUp(peer: PeerRef, question: Question, until: number): void {
    const free = working.size < CONCURRENT_MAX && intake.admits(peer.nodeId, question.authorId)
    const added = free ? seen.add(question, peer.nodeId, clock.now()) : undefined
    if (added === undefined) {
      intake.refused(peer.nodeId)
      refuse(peer, question, 'busy')
      return
    }
    const { entry, durable } = added
    wait(entry, peer, until)
    track(
      durable.then(() => work(question, entry)),
      question,
      entry,
    )
  }

  /** A question that was handed on before: one answer, repeated. */
  function again(peer: PeerRef, question: Question, entry: Entry, until: number): void {
    const { answer } = entry
    if (entry.state === 'answering') {
      wait(entry, peer, until)
    } else if (answer === undefined) {
      // Known from before a restart, or pushed out: nobody can tell what was said, so nothing is said twice.
      refuse(peer, question, 'error')
    } else if (answer.revision === revision()) {
      link.sendDocument(peer.nodeId, answer.bytes)
    } else if (working.size >= CONCURRENT_MAX) {
      refuse(peer, question, 'busy')
    } else {
      entry.state = 'answering'
      wait(entry, peer, until)
      track(work(question, entry), question, entry)
    }
  }

  function track(answering: Promise<void>, question: Question, entry: Entry): void {
    const tracked = answering
      .catch((error: unknown) => {
        log.error({ error: String(error), trace_id: traceOf(question) }, 'a question could not be answered')
        for (const node of entry.waiting.keys()) refuse({ nodeId: node }, question, 'error')
      })
      .finally(() => {
        done(entry)
        working.delete(tracked)
      })
    working.add(tracked)
  }

  async function work(question: Question, entry: Entry): Promise<void> {
    // Before anything is read: whoever is asked about can see that somebody asked, whatever happens next.
    await audit.record(recordOf('query_received', question, {}))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const at = revision()
      const verdict = await judge(question)
      const answer = await answerOf(question, verdict)
      const bytes = writeAnswer(deps, question, answer)
      // No await between this and sending: consent withdrawn until now holds.
      if (revision() !== at) continue
      seen.keep(entry, { bytes, revision: at })
      await deliver(question, entry, verdict, answer, bytes)
      return
    }
    throw new Error('consent or trust kept changing')
  }

  function deliver(
    question: Question,
    entry: Entry,
    { decision, uids, level }: Verdict,
    answer: AnswerBody,
    bytes: Uint8Array,
  ): Promise<void> {
    const now = clock.monotonic()
    let sent = 0
    for (const [node, until] of entry.waiting) {
      // Past its deadline it has stopped listening; others may have begun later.
      if (now <= until && link.sendDocument(node, bytes)) sent++
    }
    // Before anything is awaited: who asks again from here on is sent the kept answer.
    done(entry)
    const details = {
      status: answer.status,
      decision: decision.effect,
      rule: decision.rule,
      level,
      people: uids.length,
      sent: sent > 0,
    }
    log.info(
      {
        peer: question.authorId,
        trace_id: traceOf(question),
        query_type: question.body.query_type,
        ...details,
      },
      'question answered',
    )
    return audit.record({
      ...recordOf('query_responded', question, details),
      success: answer.status === 'success' || answer.status === 'no_data',
    })
  }

  /** Each person decides for themself; one who consents is enough for an answer about that one. */
  async function judge(question: Question): Promise<Verdict> {
    const principal = principalOf(trust.opinion(question.authorId))
    const action = ACTION_OF[question.body.query_type]
    const resource = resourceOf(action, principal, question.body.level)
    const { level } = resource
    if (resource.category === undefined) {
      return { decision: decide(principal, action, resource, {}), level, uids: [] }
    }
    const people = await insight.uids()
    const decisions: { uid: number; decision: Decision }[] = []
    for (const uid of people.length === 0 ? [deps.ownUid] : people) {
      const consent = await sharing.consentOf(uid)
      decisions.push({ uid, decision: decide(principal, action, resource, { consent }) })
    }
    const with_ = (effect: Decision['effect']) => decisions.filter((one) => one.decision.effect === effect)
    const deciding = [...with_('allow'), ...with_('withhold'), ...decisions][0]
    if (deciding === undefined) throw new Error('nobody decided')
    return { decision: deciding.decision, level, uids: with_('allow').map((one) => one.uid) }
  }

  async function answerOf(question: Question, { decision, level, uids }: Verdict): Promise<AnswerBody> {
    if (decision.effect === 'deny') return { status: 'access_denied', level }
    if (decision.effect === 'withhold') return { status: 'withheld', level, reason: decision.reason }
    const { query_type, time_range, filters } = question.body
    const gather = GATHER[query_type]
    // A filter that is not applied would answer another question than the one asked.
    if (gather === null || filters.length > 0 || time_range.end - time_range.start > RANGE_MAX_MS) {
      return { status: 'not_supported', level }
    }
    const data = await gather(insight, uids, time_range)
    return data === null ? { status: 'no_data', level } : { status: 'success', level, data }
  }

  function refuse(peer: Pick<PeerRef, 'nodeId'>, question: Question, status: 'busy' | 'error'): void {
    try {
      const level = question.body.level ?? 1
      link.sendDocument(peer.nodeId, writeAnswer(deps, question, { status, level }))
    } catch (error) {
      // An audience key nobody can seal to: there is no way to say anything.
      log.debug({ peer: question.authorId, error: String(error) }, 'a refusal could not be written')
    }
  }

  return {
    load: () => seen.load(clock.now()),
    hop,
    async idle() {
      await Promise.all(working)
      await intake.flush()
    },
  }
}

/** The later of a neighbour's deadlines counts. */
function wait(entry: Entry, { nodeId }: PeerRef, until: number): void {
  entry.waiting.set(nodeId, Math.max(until, entry.waiting.get(nodeId) ?? until))
}

function done(entry: Entry): void {
  entry.waiting.clear()
  entry.state = 'answered'
}

const traceOf = (question: Question): string | null =>
  question.trace === undefined ? null : hex(question.trace)

function recordOf(
  type: AuditRecord['type'],
  { authorId, body, trace }: Question,
  details: AuditRecord['details'],
): AuditRecord {
  return {
    type,
    success: true,
    peer: authorId,
    ...(trace === undefined ? {} : { trace_id: hex(trace) }),
    details: {
      query_id: hex(body.query_id),
      query_type: body.query_type,
      range_start: new Date(body.time_range.start).toISOString(),
      range_end: new Date(body.time_range.end).toISOString(),
      ...details,
    },
  }
}
