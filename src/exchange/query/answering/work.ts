// The owner's edge: gathers, seals and signs what verdict.ts says to a question, and writes questions and answers into the ledger.
import { DirectAnswer } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createRecent } from '../../../base/recent.ts'
import type { Link } from '../../../mesh/index.ts'
import type { Asker, Principals } from '../../../trust/operators/index.ts'
import { type AnswerBody, type Question, sealAnswer, typeWord, writeAnswer } from '../document.ts'
import { AUTHOR_QUOTA } from '../state/owner.ts'
import { CARRIED_MAX } from '../state/relay.ts'
import type { Command, Fact, QueryEvent, Written } from '../state/types.ts'
import type { QueryDeps } from '../types.ts'
import { createBook } from './book.ts'
import { answerOf, judge, type Verdict } from './verdict.ts'

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

export interface Worker {
  work(command: Command<'work'>): void
  give(command: Command<'answer'>): void
  refuse(command: Command<'refuse'>): void
  answered(fact: Fact<'answer'>): void
  gaveUp(fact: Fact<'give_up'>): void
  turnedAway(from: NodeId): void
  /** Resolves when nothing is worked on and the ledger has everything. */
  idle(): Promise<void>
}

export function createWorker(deps: WorkerDeps): Worker {
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
    work(command) {
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
    refuse({ question, status, to }) {
      const key = `${status} ${question.authorId} ${toHex(question.body.query_id)}`
      const refusal = { status, level: question.body.level ?? 1 }
      const answer = refusals.get(key) ?? answerWith(question, refusal)
      refusals.set(key, answer)
      for (const node of to) give({ do: 'answer', to: node, question, answer })
      watch?.answered({ query_type: typeWord(question.body), status })
    },
    answered: (fact) => track(note(fact), fact.question),
    gaveUp: ({ question }) => failed(question, 'consent or trust kept changing'),
    turnedAway: book.refused,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
      await book.flush()
    },
  }
}

const traceOf = ({ trace }: Question): string | null => (trace === undefined ? null : toHex(trace))
