// Questions already taken up, by (author, query id): each is worked on once, and its answer kept to be repeated.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { ReplayMark } from '../../../store/tables/replay.ts'
import type { Question } from '../document.ts'
import type { Written } from './types.ts'

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

export interface Entry {
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
  answer: (Pick<Written, 'plain' | 'sealed'> & { readonly revision: number }) | undefined
}

export interface Seen {
  /** Questions that were taken up before a restart. */
  load(marks: readonly ReplayMark[]): void
  get(question: Asked): Entry | undefined
  /** Undefined: too many questions are alive, or too many that `from` handed on. `now`: ms since the epoch. */
  add(question: Question, from: NodeId, now: number): Entry | undefined
  keep(entry: Entry, answer: NonNullable<Entry['answer']>): void
}

export function createSeen(): Seen {
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
    load(marks) {
      for (const mark of marks) {
        if (mark.kind !== 'document') continue
        const { expires_at } = mark
        entries.set(keyOf(mark.author, mark.id), newEntry(expires_at, undefined, 'answered'))
      }
    },
    get: (question) => entries.get(keyOf(question.author, question.body.query_id)),
    add(question, from, now) {
      sweep(now, full(from) ? SWEEP_FULL_EVERY_MS : SWEEP_EVERY_MS)
      if (full(from)) return undefined
      const { query_id: id, expires_at } = question.body
      const entry = newEntry(expires_at, from, 'answering')
      shares.set(from, shareOf(from) + 1)
      entries.set(keyOf(question.author, id), entry)
      return entry
    },
    keep(entry, answer) {
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
const bytesOf = (answer: Entry['answer']): number =>
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
