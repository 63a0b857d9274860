// The owner's edge: gathers, seals and signs what its verdict on a question is, and writes questions and answers into the ledger.
import { DirectAnswer } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createRecent } from '../../../base/recent.ts'
import { widenToHours } from '../../../insight/statistics/index.ts'
import type { Link } from '../../../mesh/index.ts'
import type { Asker, Principals } from '../../../trust/operators/index.ts'
import { type Decision, type QueryAction, resourceOf } from '../../../trust/policy/index.ts'
import { type AnswerBody, type Question, sealAnswer, typeWord, writeAnswer } from '../document.ts'
import { audienceIn, ownerApplies } from '../filters.ts'
import { filterNode, findQueryType } from '../query-types/index.ts'
import { RANGE_MAX_MS, reachOf } from '../range.ts'
import { AUTHOR_QUOTA } from '../state/owner.ts'
import { CARRIED_MAX } from '../state/relay.ts'
import type { Command, Fact, QueryEvent, Written } from '../state/types.ts'
import type { QueryDeps } from '../types.ts'
import { createBook } from './book.ts'

/** Refusals that are remembered as they were written, by question and status. */
const REFUSALS_MAX = 2 * CARRIED_MAX

/** Operators whose quota is remembered. */
const OPERATORS_MAX = 1_024
const TOO_MANY: Verdict['decision'] = {
  effect: 'deny',
  rule: 'operator.quota',
  reason: 'the operator asks too much',
}

export interface WorkerDeps extends QueryDeps {
  readonly principals: Principals
  readonly link: Link
  readonly put: (event: QueryEvent) => void
}

/** The ledger's entry about an answer after it was sent. */
interface About {
  readonly verdict: Verdict
  /** Of released totals, that the answer shows. */
  readonly batches: number
  readonly asker: Asker
  /** Monotonic milliseconds. */
  readonly began: number
}

export function createWorker(deps: WorkerDeps) {
  const { clock, link, log, put, replay, watch } = deps
  const book = createBook(deps)
  const operators = createQuotas<NodeId>(AUTHOR_QUOTA, OPERATORS_MAX)
  const underWay = new Set<Promise<void>>()
  /** Answers that at least one link took, by their bytes. An answer that cannot be sealed, or whose links are gone, is not sent. */
  const sent = new WeakSet<Uint8Array>()
  /** Released totals that nobody had taken when the ledger was told, because nobody listened any more. */
  const untaken = new WeakMap<Uint8Array, Fact<'answer'>>()
  /** Relays pass up few different answers of one owner, so a refusal is the same bytes each time. */
  const refusals = createRecent<string, ReturnType<typeof answerWith>>(REFUSALS_MAX)

  /** Sealed when somebody is to relay it, and then once, so that it is the same bytes each time. */
  function answerWith(question: Question, body: AnswerBody) {
    const plain = writeAnswer(deps, question, body)
    let bytes: Uint8Array | undefined
    return {
      plain,
      sealed: () => {
        bytes ??= sealAnswer(deps, question, plain)
        return bytes
      },
    }
  }

  /**
   * The asker itself, at the other end of a connection that proves its key. An operator's answers are for the holder of
   * the login's key, whichever node asks, so they are always sealed.
   */
  const isDirect = (to: NodeId, { authorId, body }: Question): boolean =>
    to === authorId && body.operator === undefined

  function give({ to, question, answer }: Command<'answer'>): void {
    const { author, body, trace } = question
    const { plain, sealed } = answer
    try {
      const taken = isDirect(to, question)
        ? link.sendHop(to, DirectAnswer, { query_id: body.query_id, author, plain }, trace)
        : link.sendDocument(to, sealed())
      if (!taken) return
      sent.add(plain)
      // Who asks for it again has it now, and the ledger has to say so.
      const fact = untaken.get(plain)
      untaken.delete(plain)
      if (fact !== undefined) track(note(fact), question)
    } catch (error) {
      // The audience key of the question is unusable, so only the asker itself can get an answer.
      log.debug({ peer: question.authorId, error: String(error) }, 'an answer could not be sealed')
    }
  }

  function track(task: Promise<void>, question: Question): void {
    const tracked = task
      .catch((error: unknown) => failed(question, error))
      .finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }

  const failed = (question: Question, error: unknown): void =>
    log.error(
      { peer: question.authorId, error: String(error), trace_id: traceOf(question) },
      'a question could not be answered',
    )

  async function write({ question, from, isNew, attempt }: Command<'work'>): Promise<Written<About>> {
    const { author, body } = question
    const began = clock.monotonic()
    const asker = deps.principals.resolve(question)
    if (attempt === 0) {
      const { query_id: id, expires_at } = body
      // The ledger has the question before any number is read, so people here can see that somebody asked, even after a crash.
      await Promise.all([
        isNew ? replay.put([{ kind: 'document', author, id, expires_at }]) : undefined,
        book.received(question, from, asker),
      ])
      if (!admits(asker)) return tooMany(question, asker, began)
    }
    const verdict = await judge(deps, question, asker)
    const answer = await answerOf(deps, question, verdict)
    const batches = answer.status === 'released' ? answer.statements.length : 0
    const about: About = { verdict, batches, asker, began }
    const written = answerWith(question, answer)
    // An audience key that cannot be used is found out here, and not when the answer is on its way.
    if (!isDirect(from, question)) written.sealed()
    return { ...written, status: answer.status, about }
  }

  /** Everybody who asks has a quota at the door of this node; an operator has one besides, whatever nodes it asks through. */
  const admits = ({ operator, fault }: Asker): boolean =>
    operator === undefined || fault !== undefined || operators(operator.id).take(clock.monotonic())

  function tooMany(question: Question, asker: Asker, began: number): Written<About> {
    const level = question.body.level ?? 1
    const about: About = { verdict: { decision: TOO_MANY, level, uids: [] }, batches: 0, asker, began }
    return { ...answerWith(question, { status: 'busy', level }), status: 'busy', about }
  }

  async function note(fact: Fact<'answer'>): Promise<void> {
    const { question, answer } = fact
    const { verdict, batches, asker, began } = answer.about as About
    const { decision, uids, level, audience } = verdict
    const query_type = typeWord(question.body)
    const outcome = { status: answer.status, people: uids.length, sent: sent.has(answer.plain) }
    if (batches > 0 && !outcome.sent) untaken.set(answer.plain, fact)
    const released = audience === undefined ? undefined : { audience, batches }
    watch?.answered({ query_type, status: answer.status })
    if (!(await book.responded(question, { ...outcome, decision, level, released, asker }))) return
    const fields = {
      peer: question.authorId,
      trace_id: traceOf(question),
      query_type,
      // `level` is taken by the level of the log line itself.
      query_level: level,
      decision: decision.effect,
      rule: decision.rule,
      ...outcome,
      elapsed_ms: Math.round(clock.monotonic() - began),
    }
    log.info(fields, 'question answered')
  }

  return {
    give,
    work(command: Command<'work'>) {
      const { work, question } = command
      const task = write(command).then(
        (answer) => put({ on: 'worked', work, answer }),
        (error: unknown) => {
          failed(question, error)
          put({ on: 'worked', work, answer: undefined })
        },
      )
      track(task, question)
    },
    refuse({ question, status, to }: Command<'refuse'>) {
      const key = `${status} ${question.authorId} ${toHex(question.body.query_id)}`
      const refusal = { status, level: question.body.level ?? 1 }
      const answer = refusals.get(key) ?? answerWith(question, refusal)
      refusals.set(key, answer)
      for (const node of to) give({ do: 'answer', to: node, question, answer })
      watch?.answered({ query_type: typeWord(question.body), status })
    },
    answered: (fact: Fact<'answer'>) => track(note(fact), fact.question),
    gaveUp: ({ question }: Fact<'give_up'>) => failed(question, 'consent or trust kept changing'),
    turnedAway: book.refused,
    /** Resolves when nothing is worked on and the ledger has everything. */
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
      await book.flush()
    },
  }
}

const traceOf = ({ trace }: Question): string | null => (trace === undefined ? null : toHex(trace))

// This node's verdict on a question, and the answer that follows from it: each person's consent decides, and only consenting people's
// numbers are gathered. Totals that were released before are shown to askers whom the policy permits, and to nobody else.

interface Verdict {
  readonly decision: Decision
  readonly level: 1 | 2
  /** The people who consent; only their data is looked at. */
  readonly uids: readonly number[]
  /** True where each of them lets the asker know of single tools too, live or in totals. */
  readonly tools?: boolean
  /** The role whose totals were asked for; absent: the question is not about released totals. */
  readonly audience?: string
}

/**
 * That this release has no answer to a type is no person's data, so every admitted node may learn it, as it may learn the
 * node's health; consent and level decide nothing. Nodes that are denied or not trusted hear `access_denied` as always.
 */
const actionOf = (type: string): QueryAction => findQueryType(type)?.action ?? 'query.node_health'

/** `asker`: as the principal resolver says. Each person decides for themself; one who consents is enough for an answer about that one. */
async function judge(deps: QueryDeps, question: Question, asker: Asker): Promise<Verdict> {
  const ofReleased = judgeReleased(deps, question, asker)
  if (ofReleased !== undefined) return ofReleased
  const { deciders, sharing, policy, clock } = deps
  const { principal, fault } = asker
  const action = actionOf(question.body.query_type)
  const resource = resourceOf(action, principal, question.body.level)
  // An asker refuses an answer of another level than it asked for, so the refusal of an unknown type keeps that level.
  const isKnown = findQueryType(question.body.query_type) !== undefined
  const level = (isKnown ? undefined : question.body.level) ?? resource.level
  if (fault !== undefined) return { decision: { effect: 'deny', ...fault }, level, uids: [] }
  const circumstances = { at: clock.now(), range: question.body.time_range }
  if (resource.category === undefined) {
    return { decision: policy.decide(principal, action, resource, circumstances), level, uids: [] }
  }
  /** By what somebody agreed to: most people of a machine agreed to the same, and a role policy takes half a millisecond. */
  const known = new Map<string, { decision: Decision; tools: boolean }>()
  const decisions: { uid: number; decision: Decision; tools: boolean }[] = []
  for (const uid of await deciders()) {
    const consent = await sharing.consentOf(uid)
    const about = { ...circumstances, consent }
    const name = JSON.stringify(consent)
    const decided = known.get(name) ?? {
      decision: policy.decide(principal, action, resource, about),
      tools: ([1, 2] as const).some(
        (one) =>
          policy.decide(principal, 'query.tool_usage', resourceOf('query.tool_usage', principal, one), about)
            .effect === 'allow',
      ),
    }
    known.set(name, decided)
    decisions.push({ uid, ...decided })
  }
  const with_ = (effect: Decision['effect']) => decisions.filter((one) => one.decision.effect === effect)
  const deciding = [...with_('allow'), ...with_('withhold'), ...decisions][0]
  if (deciding === undefined) throw new Error('nobody decided')
  const allowing = with_('allow')
  return {
    decision: deciding.decision,
    level,
    uids: allowing.map((one) => one.uid),
    tools: allowing.every(({ tools }) => tools),
  }
}

/**
 * Undefined: the question is not about released totals. These are no numbers of the people here any more, who were asked before
 * they contributed, so both layers of policy decide as they do for somebody who asks at this machine: trust, the role that the
 * totals are for, types, times.
 */
function judgeReleased(
  { totals, policy, clock }: QueryDeps,
  { body }: Question,
  { principal, fault }: Asker,
): Verdict | undefined {
  const row = findQueryType(body.query_type)
  const audience = audienceIn(body.filters)
  if (body.level !== 2 || audience === undefined || row === undefined || row.levelOneOnly) return undefined
  const about = { level: 2, uids: [], audience } as const
  if (fault !== undefined) return { ...about, decision: { effect: 'deny', ...fault } }
  if (!totals.audiences().includes(audience)) {
    const reason = `no totals are computed for the role ${audience}`
    return { ...about, decision: { effect: 'deny', rule: 'totals.audience', reason } }
  }
  const circumstances = { at: clock.now(), range: body.time_range }
  return { ...about, decision: policy.reads(principal, audience, row.action, circumstances) }
}

/** The answer that follows from the verdict: a refusal, or the numbers of the people who consent. */
export async function answerOf(
  deps: QueryDeps,
  question: Question,
  { decision, level, uids, tools = false, audience }: Verdict,
): Promise<AnswerBody> {
  if (audience !== undefined) return showReleased(deps, question, decision, audience)
  if (decision.effect === 'deny') return { status: 'access_denied', level }
  if (decision.effect === 'withhold') return { status: 'withheld', level, reason: decision.reason }
  const { query_type, time_range, filters } = question.body
  const { insight, clock } = deps
  const row = findQueryType(query_type)
  // A filter that is not applied would answer another question than the one asked.
  const applies = filters.every((filter) => ownerApplies(query_type, filter))
  if (row === undefined || !applies || time_range.end - time_range.start > RANGE_MAX_MS) {
    return { status: 'not_supported', level }
  }
  const range = widenToHours(time_range)
  // The asker's clock may be ahead: the hour that is open there is asked about, and nothing of it is missing here.
  const now = Math.max(clock.now(), question.body.created_at)
  const { covers, before } = await reachOf(insight, row, uids, range, now)
  const gathered = await row.gather(insight, uids, range, before)
  const told = gathered && !tools ? (row.withoutTools?.(gathered) ?? gathered) : gathered
  const data = told && filterNode(told, filters)
  const rests = covers === undefined ? {} : { covers }
  return data === null ? { status: 'no_data', level, ...rests } : { status: 'success', level, ...rests, data }
}

/** A refusal, or what is held here of the type, and of no other one. */
async function showReleased(
  { totals }: QueryDeps,
  { body: { query_type, time_range } }: Question,
  decision: Decision,
  audience: string,
): Promise<AnswerBody> {
  const level = 2
  if (decision.effect !== 'allow') return { status: 'access_denied', level }
  if (time_range.end - time_range.start > RANGE_MAX_MS) return { status: 'not_supported', level }
  const { statements, more } = await totals.show({ audience, type: query_type, range: time_range })
  if (statements.length === 0) return { status: 'no_data', level }
  return { status: 'released', level, statements: [...statements], more }
}
