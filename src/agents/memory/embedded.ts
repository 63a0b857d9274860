// Gives notes the embeddings that they lack, a few at a time; each few are kept as soon as they are there.
import { createRecent } from '../../base/recent.ts'
import type { NoteRow } from '../../store/tables/memory.ts'
import { vectorBytes } from './rank.ts'

/** Notes that one search gives embeddings to. */
const MOST_AT_ONCE = 64
/** Notes in one request: the answer is bounded in bytes, and one vector of 4096 numbers takes 90 kB. */
const BATCH = 4
/** Milliseconds that one search spends on notes without an embedding. */
const MOST_MS = 15_000
/** Milliseconds until a note that failed alone is tried again, and how many such notes are remembered. */
const AGAIN_MS = 600_000
const MOST_FAILED = 10_000

/** Undefined: no endpoint of embeddings is configured. Rejects with KaroError `unavailable`. */
export type Embed = (
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly vectors: readonly (readonly number[])[]; readonly by: string } | undefined>

interface Options {
  /** The endpoint and model of the vectors that are wanted. */
  readonly by: string
  /** Stores what has its vector now. */
  readonly keep: (rows: readonly NoteRow[]) => Promise<void>
  readonly signal: AbortSignal
}

/** Resolves with all rows, those that got a vector with it, and with what went wrong last. Rejects only where `keep` does, or `signal` aborts. */
export type Embedder = (
  rows: readonly NoteRow[],
  options: Options,
) => Promise<{ readonly rows: readonly NoteRow[]; readonly problem: string | undefined }>

export function createEmbedder(embed: Embed, now: () => number): Embedder {
  /** When each note last failed alone, by its id. */
  const failed = createRecent<string, number>(MOST_FAILED)
  const rests = ({ id }: NoteRow): boolean => (failed.peek(id) ?? Number.NEGATIVE_INFINITY) > now() - AGAIN_MS

  return async (rows, { by, keep, signal }) => {
    const left = rows.filter((row) => row.vector_by !== by && !rests(row)).slice(0, MOST_AT_ONCE)
    const time = AbortSignal.timeout(MOST_MS)
    const both = AbortSignal.any([signal, time])
    const fresh = new Map<string, NoteRow>()
    let problem: string | undefined

    /** False where these notes got no vectors. */
    async function give(some: readonly NoteRow[]): Promise<boolean> {
      let found: Awaited<ReturnType<Embed>>
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
      await keep(put)
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
        else if (!time.aborted) failed.set(row.id, now())
      }
      // Where none of them works alone, the endpoint is more likely broken than each note.
      if (worked === 0) break
    }
    return { rows: rows.map((row) => fresh.get(row.id) ?? row), problem }
  }
}
