// The owner's side: which questions of others this node reads, takes up, repeats, hands on or turns away; policy decides what it says.
import { FrameError } from '../../../../protocols/frame.ts'
import { QUERY_HOPS } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createRecent } from '../../../base/recent.ts'
import type { ReplayMark } from '../../../store/tables/replay.ts'
import { isSame } from '../../../trust/identity/index.ts'
import type { Question } from '../document.ts'
import type { Often } from './often.ts'
import { CARRIED_MAX, type Relay } from './relay.ts'
import type { Done, Emit, EventOf, Hop, RoutedId, WorkId, Written } from './types.ts'

/** New questions of one author over all neighbours: enough for a person with a script. */
export const AUTHOR_QUOTA = { frames: 20, perMs: 10_000 } as const
/** New questions of all authors that one neighbour hands on: author keys can be invented, admitted neighbours cannot. */
export const NEIGHBOUR_QUOTA = { frames: 60, perMs: 10_000 } as const
/**
 * Question documents of one neighbour that are opened and verified: what ten busy neighbours of its own may hand to it, but not
 * all at once. Each document costs two signatures and, when it is refused, a sealed answer: about a millisecond, in which nobody
 * else is served. A neighbour beyond this quota gets no answer at all, so that a flood cannot take the processor from everybody else.
 */
export const READ_QUOTA = { frames: 120, perMs: 2_000 } as const
/** Keys whose quota is remembered; the keys that were silent for longest are forgotten first. */
const REMEMBERED_MAX = 1024

/** Documents whose signature is known to be good: a copy comes over every link, and all copies are the same bytes. */
const CHECKED_MAX = 2 * CARRIED_MAX
/** All copies of a question come while its asker waits for answers, which is a minute at most. */
const CHECKED_MS = 60_000

/** Questions that are processed at once; authors of further ones get `busy`. */
export const CONCURRENT_MAX = 64
/** How often an answer is written before consent and trust have to stand still for it. */
const ATTEMPTS = 3

export interface OwnerDeps {
  readonly self: NodeId
  /** Verifies a question's document; FrameErrors as `readQuestion` in `document.ts`. */
  readonly read: (document: Uint8Array, queryId: Uint8Array, now: number) => Question
  /** The key that the document names as its author, with no signature checked. */
  readonly authorOf: (document: Uint8Array) => Uint8Array
  readonly linked: (node: NodeId) => boolean
  readonly relay: Relay
  readonly often: Often
  /** The member whose key it is, its first one, so that a new key brings no new quota. */
  readonly memberOf: (author: NodeId) => NodeId
  readonly clock: Clock
  readonly emit: Emit
}

type Answer = Pick<Written, 'plain' | 'sealed'>

interface Job {
  readonly question: Question
  readonly entry: Entry
  readonly from: NodeId
  readonly isNew: boolean
  attempt: number
  /** The revision of consent and trust when the attempt began. */
  revision: number
}

export function createOwner(deps: OwnerDeps) {
  const { self, linked, relay, memberOf, clock, emit } = deps
  const seen = createSeen()
  const readHop = createReading(deps)
  const neighbours = createQuotas<NodeId>(NEIGHBOUR_QUOTA, REMEMBERED_MAX)
  const authors = createQuotas<NodeId>(AUTHOR_QUOTA, REMEMBERED_MAX)
  const jobs = new Map<WorkId, Job>()
  let works = 0
  /** Grows with every change of consent or trust. */
  let revision = 0

  /**
   * Counts one new question against both quotas; false when one of them is used up. The neighbour's comes first, so that a
   * neighbour beyond it cannot fill the table of authors with invented keys.
   */
  const admits = (neighbour: NodeId, author: NodeId): boolean =>
    neighbours(neighbour).take(clock.monotonic()) && authors(memberOf(author)).take(clock.monotonic())

  /** The asker's own neighbour asks directly, or the question has no hop left: this node answers and hands it to nobody. */
  function answerOnly(from: NodeId, question: Question, until: number): void {
    const entry = seen.get(question)
    if (entry !== undefined) again(from, question, entry, until)
    else if (admits(from, question.authorId)) takeUp(from, question, until)
    else turnAway(from, question)
  }

  /** Hands the question on whatever this node itself says to it: owners that do trust the author are behind it. */
  function carry(from: NodeId, question: Question, { document, remaining_ms, hops, tree }: Hop): void {
    const id = { ...idOf(question), tree }
    const parent = relay.parentOf(id)
    // The same neighbour handed it on twice: nothing changes.
    if (parent === from) return
    const entry = seen.get(question)
    // Whatever a tree is called, one question goes over one, and over every link once after that.
    if (parent !== undefined || entry?.carried || (tree !== undefined && entry?.pruned)) {
      relay.decline(id, from)
      return
    }
    const mode = tree === undefined ? 'carried' : 'pruned'
    const admitted = entry !== undefined || admits(from, question.authorId)
    const routed = { ...id, document, trace: question.trace }
    const until = admitted ? relay.carry(routed, from, { remaining_ms, hops, tree }) : undefined
    if (until === undefined) {
      turnAway(from, question)
      // Not as one that needs no copy: a tree would leave out this node, and who is behind it.
      relay.decline(id, from, 1)
    } else if (entry === undefined) {
      const added = takeUp(from, question, until)
      if (added !== undefined) added[mode] = true
    } else {
      entry[mode] = true
      again(from, question, entry, until)
    }
  }

  /** Undefined: this node works on too much, or remembers too many questions. */
  function takeUp(from: NodeId, question: Question, until: number): Entry | undefined {
    const entry = jobs.size < CONCURRENT_MAX ? seen.add(question, from, clock.now()) : undefined
    if (entry === undefined) turnAway(from, question)
    else {
      if (from === question.authorId) deps.often.asked(from)
      begin(from, question, entry, until, true)
    }
    return entry
  }

  function begin(from: NodeId, question: Question, entry: Entry, until: number, isNew: boolean): void {
    wait(entry, from, until)
    const work = ++works
    const job = { question, entry, from, isNew, attempt: 0, revision }
    jobs.set(work, job)
    emit({ do: 'work', work, question, from, isNew, attempt: 0 })
  }

  function turnAway(from: NodeId, question: Question): void {
    emit({ did: 'turn_away', from })
    refuse(question, 'busy', [from])
  }

  /** A question that is known already: there is one answer, which is repeated. */
  function again(from: NodeId, question: Question, entry: Entry, until: number): void {
    const { answer } = entry
    if (entry.state === 'answering') wait(entry, from, until)
    // It was taken up before a restart, or its answer was dropped. What was said is not known, so nothing else may be said.
    else if (answer === undefined) refuse(question, 'error', [from])
    else if (answer.revision === revision) send(question, answer, [from])
    else if (jobs.size >= CONCURRENT_MAX) refuse(question, 'busy', [from])
    else {
      entry.state = 'answering'
      begin(from, question, entry, until, false)
    }
  }

  /** This node's part in the question is then over. */
  function send(question: Question, answer: Answer, to: readonly NodeId[]): void {
    const sentTo = new Set(to.filter(linked))
    for (const node of sentTo) emit({ do: 'answer', to: node, question, answer })
    relay.settle(idOf(question), sentTo)
  }

  function refuse(question: Question, status: 'busy' | 'error', to: readonly NodeId[]): void {
    const sentTo = to.filter(linked)
    emit({ do: 'refuse', question, status, to: sentTo })
    relay.settle(idOf(question), new Set(sentTo))
  }

  return {
    load: seen.load,
    /** A neighbour hands on a question. FrameErrors: those of `read`, except `stale`; nothing is emitted then. */
    hop({ from, hop }: EventOf<'hop'>) {
      const reading = readHop(from, hop)
      if (reading === undefined) return
      const id = {
        ...('unread' in reading ? reading.unread : idOf(reading.question)),
        tree: hop.tree,
      }
      const crossed = relay.crossed(id, from)
      if ('unread' in reading) {
        // A sealed refusal would cost the time that this quota saves; the ending says at once that nothing will come.
        emit({ did: 'turn_away', from })
        if (!crossed) relay.decline(id, from, 1)
        return
      }
      const { question } = reading
      if (question.authorId === self) {
        if (!crossed) relay.decline(id, from)
      } else if (hop.hops === QUERY_HOPS) {
        answerOnly(from, question, clock.monotonic() + hop.remaining_ms)
      } else if (!crossed) {
        carry(from, question, hop)
      }
    },
    /** A neighbour wants no answer to a question any more. */
    done(from: NodeId, { author, query_id }: Done) {
      seen.get({ author, body: { query_id } })?.waiting.delete(from)
    },
    /** The edge has written an answer; undefined: it could not. */
    worked({ work, answer }: EventOf<'worked'>) {
      const job = jobs.get(work)
      if (job === undefined) return
      const { question, entry, from, isNew } = job
      if (answer !== undefined && job.revision !== revision && job.attempt + 1 < ATTEMPTS) {
        job.attempt++
        job.revision = revision
        emit({ do: 'work', work, question, from, isNew, attempt: job.attempt })
        return
      }
      jobs.delete(work)
      const now = clock.monotonic()
      // A neighbour does not listen beyond its deadline; others may have begun to listen later.
      const listening = [...entry.waiting].filter(([, until]) => now <= until).map(([node]) => node)
      const waiting = [...entry.waiting.keys()]
      entry.waiting.clear()
      entry.state = 'answered'
      if (answer === undefined || job.revision !== revision) {
        if (answer !== undefined) emit({ did: 'give_up', question })
        refuse(question, 'error', waiting)
        return
      }
      const { plain, sealed } = answer
      seen.keep(entry, { plain, sealed, revision })
      send(question, answer, listening)
      emit({ did: 'answer', question, answer })
    },
    /** Consent or trust changed, so answers written before may not be sent any more. */
    changed() {
      revision++
    },
    /** Questions worked on now. */
    working: () => jobs.size,
  }
}

type Reading = { readonly question: Question } | { readonly unread: RoutedId }

/**
 * `unread`: this neighbour handed on more than its quota, so nothing was verified; author and id are what the document
 * claims. Undefined: the question is over. FrameErrors: those of `read`, except `stale`.
 */
function createReading({ clock, read, authorOf }: OwnerDeps) {
  const readsOf = createQuotas<NodeId>(READ_QUOTA, REMEMBERED_MAX)
  /** By digest of the document: authors choose ids, so two documents may have the same id. */
  const checked = createRecent<string, Question>(CHECKED_MAX, {
    ms: CHECKED_MS,
    now: () => clock.monotonic(),
  })

  return (from: NodeId, { query_id, document }: Hop): Reading | undefined => {
    const digest = toHex(blake3([document]))
    const known = checked.get(digest)
    // A dead question that is played again would be worked on, and written into the ledger, once more.
    const lives = known !== undefined && clock.now() < known.body.expires_at
    if (lives && isSame(known.body.query_id, query_id)) return { question: known }
    if (!readsOf(from).take(clock.monotonic())) return { unread: { author: authorOf(document), query_id } }
    try {
      const question = read(document, query_id, clock.now())
      checked.set(digest, question)
      return { question }
    } catch (error) {
      // A neighbour verifies what it hands on, so it answers for a forged question; but its clock may differ from this one.
      if (error instanceof FrameError && error.code === 'stale') return undefined
      throw error
    }
  }
}

/** Of a neighbour's deadlines the later one counts. */
function wait(entry: Entry, node: NodeId, until: number): void {
  entry.waiting.set(node, Math.max(until, entry.waiting.get(node) ?? until))
}

const idOf = ({ author, body }: Question): RoutedId => ({ author, query_id: body.query_id })

// Questions already taken up, by (author, query id): each is worked on once, and its answer kept to be repeated.

/** Six hundred questions of each of 27 authors at their full quota, over the five minutes a question lives. */
export const QUESTIONS_MAX = 16_384
/** Living questions that one neighbour may have handed on, so that no neighbour fills the table alone. */
export const NEIGHBOUR_QUESTIONS_MAX = QUESTIONS_MAX / 16
/** Expired questions and their answers stay at most this much longer, as long as others are asked. */
const SWEEP_EVERY_MS = 30_000
/** A full table is searched for them at most this often, not for every question that comes. */
const SWEEP_FULL_EVERY_MS = 1_000
/** Kept answers, each as it is and sealed: about 4 KiB together, at most 128 KiB. The oldest go first. */
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024
/** What a sealed answer is longer than the plain one: the frame with its envelope and signature, and the seal. */
const SEALED_OVER_PLAIN = 512

interface Asked {
  readonly author: Uint8Array
  readonly body: { readonly query_id: Uint8Array }
}

type KeptAnswer = Answer & { readonly revision: number }

interface Entry {
  readonly expires_at: number
  /** The neighbour that handed the question on first; unknown after a restart. */
  readonly from: NodeId | undefined
  /** Neighbours that handed the question on while it is worked on, and until when (monotonic, ms) each listens. */
  readonly waiting: Map<NodeId, number>
  state: 'answering' | 'answered'
  /** This node has handed the question on over a tree, and over every link, each of which it does once. */
  pruned: boolean
  carried: boolean
  /** Undefined before it is written, once it is forgotten, and after a restart. */
  answer: KeptAnswer | undefined
}

export function createSeen() {
  const entries = new Map<string, Entry>()
  /** Entries with an answer, the oldest answer first. */
  const kept = new Set<Entry>()
  let keptBytes = 0
  /** How many living questions each neighbour handed on. */
  const shares = new Map<NodeId, number>()
  let sweptAt = Number.NEGATIVE_INFINITY

  function forgetAnswer(entry: Entry): void {
    if (!kept.delete(entry)) return
    keptBytes -= bytesOf(entry.answer)
    entry.answer = undefined
  }

  const shareOf = (from: NodeId): number => shares.get(from) ?? 0
  const full = (from: NodeId): boolean =>
    entries.size >= QUESTIONS_MAX || shareOf(from) >= NEIGHBOUR_QUESTIONS_MAX

  function sweep(now: number, everyMs: number): void {
    // The wall clock may be set back.
    if (Math.abs(now - sweptAt) < everyMs) return
    sweptAt = now
    // An entry that was swept before its answer was kept is only in `kept`.
    for (const entry of kept) if (entry.expires_at <= now) forgetAnswer(entry)
    for (const [key, entry] of entries) {
      if (entry.expires_at > now) continue
      entries.delete(key)
      if (entry.from === undefined) continue
      const share = shareOf(entry.from) - 1
      if (share > 0) shares.set(entry.from, share)
      else shares.delete(entry.from)
    }
  }

  return {
    /** Questions that were taken up before a restart. */
    load(marks: readonly ReplayMark[]): void {
      for (const mark of marks) {
        if (mark.kind !== 'document') continue
        const { expires_at } = mark
        entries.set(keyOf(mark.author, mark.id), newEntry(expires_at, undefined, 'answered'))
      }
    },
    get: (question: Asked): Entry | undefined => entries.get(keyOf(question.author, question.body.query_id)),
    /** Undefined: too many questions are alive, or too many that `from` handed on. `now`: ms since the epoch. */
    add(question: Question, from: NodeId, now: number): Entry | undefined {
      sweep(now, full(from) ? SWEEP_FULL_EVERY_MS : SWEEP_EVERY_MS)
      if (full(from)) return undefined
      const { query_id: id, expires_at } = question.body
      const entry = newEntry(expires_at, from, 'answering')
      shares.set(from, shareOf(from) + 1)
      entries.set(keyOf(question.author, id), entry)
      return entry
    },
    keep(entry: Entry, answer: KeptAnswer): void {
      forgetAnswer(entry)
      entry.answer = answer
      kept.add(entry)
      keptBytes += bytesOf(answer)
      for (const oldest of kept) {
        if (keptBytes <= ANSWER_BYTES_MAX) break
        forgetAnswer(oldest)
      }
    },
  }
}

/** Whether it will be sealed is not known when it is kept, so each counts as if it were. */
const bytesOf = (answer: KeptAnswer | undefined): number =>
  answer === undefined ? 0 : 2 * answer.plain.length + SEALED_OVER_PLAIN

/** Has every member from the start, because V8 gives an object that gets members later a slower shape of its own. */
const newEntry = (expires_at: number, from: NodeId | undefined, state: Entry['state']): Entry => ({
  expires_at,
  from,
  state,
  waiting: new Map(),
  pruned: false,
  carried: false,
  answer: undefined,
})

/** One character a byte, so half the memory of hexadecimal digits. */
const keyOf = (author: Uint8Array, id: Uint8Array): string => Buffer.concat([author, id]).toString('latin1')
