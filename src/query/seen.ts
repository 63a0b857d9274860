// Questions already taken up, by (author, query id): each is worked on once, and its answer kept to be repeated.
import type { NodeId } from '../../protocols/node-id.ts'
import type { ReplayRepository } from '../store/replay.ts'
import { hex, type Question } from './document.ts'

/** Six hundred questions of each of 27 authors at their full quota, over the five minutes a question lives. */
export const QUESTIONS_MAX = 16_384
/** Kept answers; one is about 2 KiB, at most 64 KiB. The oldest go first. */
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024

export interface Entry {
  readonly expires_at: number
  /** Neighbours that handed the question on while it is worked on; empty afterwards. */
  readonly waiting: Set<NodeId>
  state: 'answering' | 'answered'
  /** Absent once forgotten, or after a restart: the question is then known, its answer is not. */
  answer?: { readonly bytes: Uint8Array; readonly revision: number }
}

export interface Seen {
  /** What was taken up before a restart. */
  load(now: number): Promise<void>
  get(question: Question): Entry | undefined
  /** Remembers it, on disk too when it resolves. Undefined: too many questions are alive. */
  add(question: Question, from: NodeId, now: number): { entry: Entry; durable: Promise<void> } | undefined
  keep(entry: Entry, answer: NonNullable<Entry['answer']>): void
}

export function createSeen(replay: Pick<ReplayRepository, 'put' | 'load'>): Seen {
  const entries = new Map<string, Entry>()
  /** Those with an answer, the oldest first. */
  const kept = new Set<Entry>()
  let keptBytes = 0

  function forgetAnswer(entry: Entry): void {
    if (!kept.delete(entry)) return
    keptBytes -= entry.answer?.bytes.length ?? 0
    delete entry.answer
  }

  function sweep(now: number): void {
    for (const [key, entry] of entries) {
      if (entry.expires_at > now) continue
      forgetAnswer(entry)
      entries.delete(key)
    }
  }

  return {
    async load(now) {
      for (const mark of await replay.load(now)) {
        if (mark.kind !== 'document') continue
        const { expires_at } = mark
        entries.set(keyOf(mark.author, mark.id), { expires_at, waiting: new Set(), state: 'answered' })
      }
    },
    get: (question) => entries.get(keyOf(question.author, question.body.query_id)),
    add(question, from, now) {
      if (entries.size >= QUESTIONS_MAX) sweep(now)
      if (entries.size >= QUESTIONS_MAX) return undefined
      const { query_id: id, expires_at } = question.body
      const entry: Entry = { expires_at, waiting: new Set([from]), state: 'answering' }
      entries.set(keyOf(question.author, id), entry)
      return { entry, durable: replay.put([{ kind: 'document', author: question.author, id, expires_at }]) }
    },
    keep(entry, answer) {
      forgetAnswer(entry)
      entry.answer = answer
      kept.add(entry)
      keptBytes += answer.bytes.length
      for (const oldest of kept) {
        if (keptBytes <= ANSWER_BYTES_MAX) break
        forgetAnswer(oldest)
      }
    },
  }
}

const keyOf = (author: Uint8Array, id: Uint8Array): string => hex(author) + hex(id)
