// The owner's side: takes up questions that neighbours hand on, seals and signs what verdict.ts says to them, and writes it down.
// Whether a question is answered is policy; that it is handed on is transport, and asks nobody (forward.ts).
import { bodyOf, type Frame } from '../../../../protocols/frame.ts'
import { QUERY_HOPS, QueryDone, QueryHop } from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import type { Log } from '../../../base/run/log.ts'
import type { Link, PeerRef } from '../../../mesh/index.ts'
import type { ReplayRepository } from '../../../store/tables/replay.ts'
import type { Audit } from '../../../trust/audit/index.ts'
import { type AnswerBody, type Author, type Question, typeWord, writeAnswer } from '../document.ts'
import type { QueryWatch } from '../types.ts'
import { createBook } from './book.ts'
import { CARRIED_MAX } from './forward.ts'
import { createIntake } from './intake.ts'
import { createReading } from './reading.ts'
import type { RoutedId, Router } from './router.ts'
import { createSeen, type Entry } from './seen.ts'
import { answerOf, type JudgeDeps, judge, type Verdict } from './verdict.ts'

/** Questions worked on at once; more are told `busy`. */
export const CONCURRENT_MAX = 64
/** How often consent or trust may change under one question before it is given up. */
const ATTEMPTS = 3
/** Refusals that are remembered as they were written, by question and status. */
const REFUSALS_MAX = 2 * CARRIED_MAX

export interface AnswererDeps extends Author, JudgeDeps {
  readonly audit: Pick<Audit, 'record'>
  readonly replay: Pick<ReplayRepository, 'put' | 'load'>
  readonly link: Pick<Link, 'sendDocument'>
  readonly router: Pick<Router, 'carry' | 'parentOf' | 'settle' | 'crossed' | 'decline'>
  readonly log: Log
  /** Grows with every change of consent or trust. */
  readonly revision: () => number
  readonly watch?: QueryWatch
}

export interface Answerer {
  load(): Promise<void>
  hop(peer: PeerRef, frame: Frame): void
  /** A neighbour wants no answer to a question any more. */
  done(peer: PeerRef, frame: Frame): void
  /** Resolves when nothing is worked on and the ledger has everything. */
  idle(): Promise<void>
  /** Questions worked on now. */
  answering(): number
}

export function createAnswerer(deps: AnswererDeps): Answerer {
  const { identity, audit, link, router, log, clock, revision, watch } = deps
  const seen = createSeen(deps.replay)
  const intake = createIntake(clock)
  const readHop = createReading({ clock, log, intake })
  const book = createBook({ audit, trust: deps.trust, clock })
  const working = new Set<Promise<void>>()

  const self = formatNodeId(identity.publicKey)
  /** By question and status: relays pass up few different answers of one owner. */
  const refusals = createRecent<string, Uint8Array>(REFUSALS_MAX)

  function hop(peer: PeerRef, frame: Frame): void {
    const { query_id, document, remaining_ms, hops } = bodyOf(frame, QueryHop)
    const reading = readHop(peer, query_id, document)
    if (reading === undefined) return
    const id = 'unread' in reading ? reading.unread : idOf(reading.question)
    const crossed = router.crossed(id, peer.nodeId)
    if ('unread' in reading) {
      // A sealed refusal costs what this bound saves; the neighbour hears at once that nothing will come.
      book.refused(peer.nodeId)
      if (!crossed) router.decline(id, peer.nodeId, 1)
      return
    }
    const { question } = reading
    if (question.authorId === self) {
      if (!crossed) router.decline(id, peer.nodeId)
    } else if (hops === QUERY_HOPS) {
      answerOnly(peer, question, clock.monotonic() + remaining_ms)
    } else if (!crossed) {
      carry(peer, question, document, { remaining_ms, hops })
    }
  }

  /** The asker's own neighbour, or the last one on the way. */
  function answerOnly(peer: PeerRef, question: Question, until: number): void {
    const entry = seen.get(question)
    if (entry !== undefined) again(peer, question, entry, until)
    else if (intake.admits(peer.nodeId, question.authorId)) takeUp(peer, question, until)
    else turnAway(peer, question)
  }

  /** Hands the question on whatever this node itself says to it: owners who do trust the author are behind it. */
  function carry(
    peer: PeerRef,
    question: Question,
    document: Uint8Array,
    hop: { readonly remaining_ms: number; readonly hops: number },
  ): void {
    const id = idOf(question)
    const parent = router.parentOf(id)
    // The same neighbour handed it on twice: nothing changes.
    if (parent === peer.nodeId) return
    const entry = seen.get(question)
    if (parent !== undefined || entry?.carried) {
      router.decline(id, peer.nodeId)
      return
    }
    const admitted = entry !== undefined || intake.admits(peer.nodeId, question.authorId)
    const until = admitted
      ? router.carry({ ...id, document, trace: question.trace }, peer.nodeId, hop)
      : undefined
    if (until === undefined) {
      turnAway(peer, question)
      router.decline(id, peer.nodeId)
    } else if (entry === undefined) {
      const added = takeUp(peer, question, until)
      if (added !== undefined) added.carried = true
    } else {
      entry.carried = true
      again(peer, question, entry, until)
    }
  }

  /** Undefined: too much is worked on, or remembered. */
  function takeUp(peer: PeerRef, question: Question, until: number): Entry | undefined {
    const added = working.size < CONCURRENT_MAX ? seen.add(question, peer.nodeId, clock.now()) : undefined
    if (added === undefined) {
      turnAway(peer, question)
      return undefined
    }
    const { entry, durable } = added
    wait(entry, peer, until)
    track(
      durable.then(() => work(question, entry, peer.nodeId)),
      question,
      entry,
    )
    return entry
  }

  function turnAway(peer: PeerRef, question: Question): void {
    book.refused(peer.nodeId)
    refuse(question, 'busy', [peer.nodeId])
  }

  /** A question that was handed on before: one answer, repeated. */
  function again(peer: PeerRef, question: Question, entry: Entry, until: number): void {
    const { answer } = entry
    if (entry.state === 'answering') {
      wait(entry, peer, until)
    } else if (answer === undefined) {
      // Taken up before a restart, or its answer was dropped: what was answered is not known, so no second answer is given.
      refuse(question, 'error', [peer.nodeId])
    } else if (answer.revision === revision()) {
      send(question, answer.bytes, [peer.nodeId])
    } else if (working.size >= CONCURRENT_MAX) {
      refuse(question, 'busy', [peer.nodeId])
    } else {
      entry.state = 'answering'
      wait(entry, peer, until)
      track(work(question, entry, peer.nodeId), question, entry)
    }
  }

  function track(answering: Promise<void>, question: Question, entry: Entry): void {
    const tracked = answering
      .catch((error: unknown) => {
        log.error(
          { peer: question.authorId, error: String(error), trace_id: traceOf(question) },
          'a question could not be answered',
        )
        const waiting = [...entry.waiting.keys()]
        rest(entry)
        refuse(question, 'error', waiting)
      })
      .finally(() => working.delete(tracked))
    working.add(tracked)
  }

  async function work(question: Question, entry: Entry, neighbour: NodeId): Promise<void> {
    // The ledger has the question before any number is read, so people here can see that somebody asked, even after a crash.
    await book.received(question, neighbour)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const at = revision()
      const verdict = await judge(deps, question)
      const answer = await answerOf(deps, question, verdict)
      const bytes = writeAnswer(deps, question, answer)
      // No await between this and sending: consent withdrawn until now holds.
      if (revision() !== at) continue
      seen.keep(entry, { bytes, revision: at })
      await deliver(question, entry, verdict, answer, bytes)
      return
    }
    throw new Error('consent or trust kept changing')
  }

  async function deliver(
    question: Question,
    entry: Entry,
    { decision, uids, level }: Verdict,
    answer: AnswerBody,
    bytes: Uint8Array,
  ): Promise<void> {
    const now = clock.monotonic()
    // Past its deadline a neighbour has stopped listening; others may have begun later.
    const listening = [...entry.waiting].filter(([, until]) => now <= until).map(([node]) => node)
    // Before anything is awaited: who asks again from here on is sent the kept answer.
    rest(entry)
    const sent = send(question, bytes, listening)
    watch?.answered({ query_type: typeWord(question.body), status: answer.status })
    const outcome = { status: answer.status, people: uids.length, sent }
    if (!(await book.responded(question, { ...outcome, decision, level }))) return
    const fields = {
      peer: question.authorId,
      trace_id: traceOf(question),
      query_type: typeWord(question.body),
      // In a line of the log `level` is the line's.
      query_level: level,
      ...{ decision: decision.effect, rule: decision.rule },
      ...outcome,
    }
    log.info(fields, 'question answered')
  }

  /** True when it was sent to somebody. This node's part in the question is then over. */
  function send(question: Question, bytes: Uint8Array, to: readonly NodeId[]): boolean {
    const sentTo = new Set(to.filter((node) => link.sendDocument(node, bytes)))
    router.settle(idOf(question), sentTo)
    return sentTo.size > 0
  }

  function refuse(question: Question, status: 'busy' | 'error', to: readonly NodeId[]): void {
    try {
      const level = question.body.level ?? 1
      const key = `${status} ${question.authorId} ${toHex(question.body.query_id)}`
      const bytes = refusals.get(key) ?? writeAnswer(deps, question, { status, level })
      refusals.set(key, bytes)
      send(question, bytes, to)
      watch?.answered({ query_type: typeWord(question.body), status })
    } catch (error) {
      // An audience key nobody can seal to: there is no way to say anything.
      log.debug({ peer: question.authorId, error: String(error) }, 'a refusal could not be written')
      router.settle(idOf(question), new Set())
    }
  }

  return {
    load: () => seen.load(clock.now()),
    hop,
    done(peer, frame) {
      const { author, query_id } = bodyOf(frame, QueryDone)
      seen.get({ author, body: { query_id } })?.waiting.delete(peer.nodeId)
    },
    answering: () => working.size,
    async idle() {
      await Promise.all(working)
      await book.flush()
    },
  }
}

/** The later of a neighbour's deadlines counts. */
function wait(entry: Entry, { nodeId }: PeerRef, until: number): void {
  entry.waiting.set(nodeId, Math.max(until, entry.waiting.get(nodeId) ?? until))
}

function rest(entry: Entry): void {
  entry.waiting.clear()
  entry.state = 'answered'
}

const idOf = ({ author, body }: Question): RoutedId => ({ author, query_id: body.query_id })

const traceOf = (question: Question): string | null =>
  question.trace === undefined ? null : toHex(question.trace)
