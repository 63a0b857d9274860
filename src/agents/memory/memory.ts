// The memory of people: notes and, where that is configured, results of tasks, found by their words and by what they mean.
import type { Clock, Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import type { MemoryRepository, NoteRow } from '../../store/tables/memory.ts'
import { createCollection } from '../collection.ts'
import { createWordIndex, type WordIndex } from './words.ts'

/** Notes of one person, and characters of one note. */
export const MOST_NOTES = 2_000
export const MOST_NOTE = 8_192
/** Characters of all notes of one person, which each search has in memory. */
export const MOST_CHARS = 4 * 1024 * 1024
export const SEARCH_LIMIT_MAX = 100
/** People whose index of words stays in memory. */
const MOST_INDEXES = 8
/** Cosine below which a note means something else. */
const LEAST_LIKENESS = 0.3
const ID_LEAST = 6
/** Notes that one search gives embeddings to. */
const MOST_AT_ONCE = 64
/** Notes in one request: the answer is bounded in bytes, and one vector of 4096 numbers takes 90 kB. */
const BATCH = 4
/** Milliseconds that one search spends on notes without an embedding. */
const MOST_MS = 15_000
/** Milliseconds until a note that failed alone is tried again, and how many such notes are remembered. */
const AGAIN_MS = 600_000
const MOST_FAILED = 10_000

/** A note without its embedding; its id has 16 hex digits. */
type Note = Omit<NoteRow, 'vector' | 'vector_by'>

interface Found {
  readonly hits: readonly (Note & {
    /** From 0 to 1, the best 1; only to compare hits of one search. */
    readonly score: number
    /** Which way found it. */
    readonly by: readonly ('words' | 'meaning')[]
  })[]
  /** How it was searched, for people. */
  readonly searched_by: string
  /** Messages about parts of the search that failed. */
  readonly notes: readonly string[]
}

export interface MemoryDeps {
  readonly repository: MemoryRepository['notes']
  /** Takes secrets out of one line. */
  readonly redact: (text: string) => string
  /** Undefined: no endpoint of embeddings is configured. Rejects with KaroError `unavailable`. */
  readonly embed: (
    texts: readonly string[],
    signal: AbortSignal,
  ) => Promise<{ readonly vectors: readonly (readonly number[])[]; readonly by: string } | undefined>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
}

/** Every method touches the notes of that person alone. Errors: `bad_request`, `not_found`, `conflict`, `rate_limited`. */
export type Memory = ReturnType<typeof createMemory>

export function createMemory({ repository, redact, embed, clock, random, log }: MemoryDeps) {
  const kept = { what: 'note', command: 'karo memory list', least: ID_LEAST } as const
  const { serially, all, one, write, drop } = createCollection({ rows: repository, ...kept })
  const indexes = createRecent<number, WordIndex>(MOST_INDEXES)
  /** When each note last failed alone to get an embedding, by its id. */
  const failed = createRecent<string, number>(MOST_FAILED)
  const rests = ({ id }: NoteRow): boolean =>
    (failed.peek(id) ?? Number.NEGATIVE_INFINITY) > clock.now() - AGAIN_MS

  const noteOf = ({ vector: _, vector_by: __, ...row }: NoteRow): Note => row

  async function indexOf(person: number): Promise<WordIndex> {
    const index = indexes.get(person) ?? createWordIndex(await all(person))
    indexes.set(person, index)
    return index
  }

  /** Writes vectors; what was forgotten meanwhile does not come back. */
  const keepVectors = (person: number, rows: readonly NoteRow[]): Promise<void> =>
    serially(async () => {
      const still = await Promise.all(rows.map(({ id }) => repository.get(person, id)))
      const put = rows.filter((_, i) => still[i] !== undefined)
      if (put.length > 0) await write(person, { put })
    })

  /**
   * Gives notes the embeddings that they lack, a few at a time; each few are kept as soon as they are there. Resolves with all rows and
   * with what went wrong last. `by`: the endpoint and model of the vectors that are wanted. Rejects only where the store does, or `signal` aborts.
   */
  async function embedded(
    person: number,
    rows: readonly NoteRow[],
    by: string,
    signal: AbortSignal,
  ): Promise<{ readonly all: readonly NoteRow[]; readonly problem: string | undefined }> {
    const left = rows.filter((row) => row.vector_by !== by && !rests(row)).slice(0, MOST_AT_ONCE)
    const time = AbortSignal.timeout(MOST_MS)
    const both = AbortSignal.any([signal, time])
    const fresh = new Map<string, NoteRow>()
    let problem: string | undefined

    /** False where these notes got no vectors. */
    async function give(some: readonly NoteRow[]): Promise<boolean> {
      let found: Awaited<ReturnType<typeof embed>>
      try {
        found = await embed(
          some.map(({ text }) => text),
          both,
        )
      } catch (error) {
        signal.throwIfAborted()
        problem = time.aborted ? `more than ${MOST_MS} ms for notes` : (error as Error).message
        return false
      }
      if (found?.by !== by) return false
      const { vectors } = found
      const put = some.map((row, i) => ({ ...row, vector: vectorBytes(vectors[i] ?? []), vector_by: by }))
      await keepVectors(person, put)
      for (const row of put) fresh.set(row.id, row)
      return true
    }

    for (let at = 0; at < left.length && !time.aborted; at += BATCH) {
      const batch = left.slice(at, at + BATCH)
      if (await give(batch)) continue
      let worked = 0
      for (const row of batch) {
        if (time.aborted) break
        if (await give([row])) worked++
        else if (!time.aborted) failed.set(row.id, clock.now())
      }
      // Where none of them works alone, the endpoint is more likely broken than each note.
      if (worked === 0) break
    }
    return { all: rows.map((row) => fresh.get(row.id) ?? row), problem }
  }

  /** Ids of notes that mean something like the query, the nearest first. */
  async function byMeaning(person: number, query: string, rows: readonly NoteRow[], signal: AbortSignal) {
    const asked = await embed([query], signal)
    const [vector] = asked?.vectors ?? []
    if (asked === undefined || vector === undefined) return undefined
    const { all, problem } = await embedded(person, rows, asked.by, signal)
    const near = all
      .filter((row) => row.vector_by === asked.by)
      .map(({ id, vector: own }) => ({ id, likeness: cosine(vector, numbersOf(own)) }))
      .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
      .sort((a, b) => b.likeness - a.likeness)
    const left = all.filter((row) => row.vector_by !== asked.by).length
    return { ids: near.map(({ id }) => id), by: asked.by, left, problem }
  }

  return {
    /** The text as `add` keeps it: without the secrets that are found in it. */
    kept: redact,
    /**
     * Keeps a text without the secrets that are found in it. `source`: absent for the person. The result of an agent is cut where
     * it is too long, and gives way to newer ones; a note of a person never does.
     */
    add: (person: number, given: string, source = 'person') =>
      serially(async () => {
        const isOwn = source === 'person'
        if (given.trim() === '') throw new KaroError('bad_request', 'the note is empty', { where: 'TEXT' })
        if (isOwn && given.length > MOST_NOTE)
          throw new KaroError('bad_request', `a note has at most ${MOST_NOTE} characters`, {
            where: 'TEXT',
            hint: 'Keep a longer text as an artifact: karo artifact put.',
          })
        const text = redact(given.slice(0, MOST_NOTE))
        const older = surplus(await all(person), text.length)
        const row: NoteRow = {
          id: toHex(random.bytes(8)),
          text,
          source,
          created_at: clock.now(),
          vector: new Uint8Array(),
          vector_by: '',
        }
        await write(person, { put: [row], remove: older.map(({ id }) => id) })
        const index = indexes.peek(person)
        for (const { id } of older) index?.remove(id)
        index?.add(row)
        return noteOf(row)
      }),
    /** The newest first. */
    list: async (person: number) =>
      (await all(person)).map(noteOf).sort((a, b) => b.created_at - a.created_at),
    async search(person: number, query: string, limit: number, signal: AbortSignal): Promise<Found> {
      const index = await serially(() => indexOf(person))
      const rows = await all(person)
      const byId = new Map(rows.map((row) => [row.id, row]))
      const words = index.search(query)
      const notes: string[] = []
      let meaning: Awaited<ReturnType<typeof byMeaning>>
      try {
        meaning = await byMeaning(person, query, rows, signal)
        if (meaning !== undefined && meaning.left > 0)
          notes.push(`Notes without an embedding: ${meaning.left}. Further searches give them one.`)
        if (meaning?.problem !== undefined) notes.push(`Not every note got an embedding: ${meaning.problem}.`)
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ reason: (error as Error).message }, 'notes were searched without embeddings')
        notes.push(`Embeddings were not used: ${(error as Error).message}.`)
      }
      const hits = fused({ words, meaning: meaning?.ids ?? [] }).flatMap(({ id, score, by }) => {
        const row = byId.get(id)
        return row === undefined ? [] : [{ ...noteOf(row), score, by }]
      })
      const searched_by = meaning === undefined ? 'words' : `words and meaning (${meaning.by})`
      return { hits: hits.slice(0, limit), searched_by, notes }
    },
    /** `which`: the id, or at least 6 digits of its beginning. */
    forget: (person: number, which: string) =>
      serially(async () => {
        const only = await one(person, which)
        await write(person, { remove: [only.id] })
        indexes.peek(person)?.remove(only.id)
        return noteOf(only)
      }),
    /** Resolves when nothing of this person is written any more; the rows are the caller's to remove. */
    async drop(person: number) {
      await drop(person)
      indexes.delete(person)
    },
  }
}

/** Results of tasks that give way to a note of so many characters, the oldest first. Throws KaroError `rate_limited` where they do not make enough room. */
function surplus(rows: readonly NoteRow[], chars: number): readonly NoteRow[] {
  let count = rows.length + 1
  let sum = rows.reduce((all, { text }) => all + text.length, chars)
  const isOver = (): boolean => count > MOST_NOTES || sum > MOST_CHARS
  const older: NoteRow[] = []
  const results = rows.filter(({ source }) => source !== 'person')
  for (const row of results.sort((a, b) => a.created_at - b.created_at)) {
    if (!isOver()) break
    older.push(row)
    count--
    sum -= row.text.length
  }
  if (!isOver()) return older
  const what = count > MOST_NOTES ? `${MOST_NOTES} notes` : `notes of ${MOST_CHARS} characters`
  throw new KaroError('rate_limited', `a person has at most ${what}, and you have as many`, {
    hint: 'Forget some: karo memory list, karo memory forget.',
  })
}

// Vectors of notes, and how two orders of the same notes become one. Pure.

/** Of reciprocal rank fusion (Cormack et al. 2009): how little the first places count more than those behind them. */
const FUSION = 60

/** 32-bit floats, little-endian. */
export function vectorBytes(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, number] of numbers.entries()) view.setFloat32(i * 4, number, true)
  return bytes
}

export function numbersOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true))
}

/** From -1 to 1; 0 for vectors of different lengths or without a direction. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0
  let [dot, ofA, ofB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x = 0, y = 0] = [a[i], b[i]]
    dot += x * y
    ofA += x * x
    ofB += y * y
  }
  const length = Math.sqrt(ofA) * Math.sqrt(ofB)
  return length > 0 && Number.isFinite(length) ? dot / length : 0
}

/** One order of the ids of several, the best first; its score is 1, and others are a part of that. */
export function fused<By extends string>(
  orders: Readonly<Record<By, readonly string[]>>,
): readonly { readonly id: string; readonly score: number; readonly by: readonly By[] }[] {
  const found = new Map<string, { sum: number; by: By[] }>()
  for (const [by, ids] of Object.entries(orders) as [By, readonly string[]][]) {
    for (const [i, id] of ids.entries()) {
      const one = found.get(id) ?? { sum: 0, by: [] }
      one.sum += 1 / (FUSION + i + 1)
      one.by.push(by)
      found.set(id, one)
    }
  }
  const sorted = [...found].sort(([a, x], [b, y]) => y.sum - x.sum || (a < b ? -1 : 1))
  const best = sorted[0]?.[1].sum ?? 1
  return sorted.map(([id, { sum, by }]) => ({ id, score: sum / best, by }))
}
