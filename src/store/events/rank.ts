// The distinct commands of one person's index by worth, the best first.
import { type EventFilter, indexFilter } from './filter.ts'
import type { Chunk, EventIndex } from './index.ts'
import type { EventKeyParts } from './rows.ts'

/** How much each command is worth to the caller: functions of values, with nothing of the database in them. */
export interface Ranking {
  /** How well a text fits, in lower case; 0: not at all. */
  match(text: string): number
  /** Worth of a use in that directory. */
  place(cwd: string): number
  /** Worth of a use of that age (ms). */
  use(ageMs: number, failed: boolean): number
  /** The whole: `worth` is the sum of what its uses are worth, `ageMs` how old the newest of them is. */
  score(command: { readonly match: number; readonly worth: number; readonly ageMs: number }): number
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Best {
  readonly score: number
  readonly hit: EventKeyParts
  readonly uses: number
  readonly failures: number
  /** Uses whose exit code is not known. */
  readonly unknown: number
}

/** One pass over the events from the newest back, and one over the texts. */
export function rankIn(
  index: EventIndex,
  filter: Omit<EventFilter, 'words' | 'unique'>,
  { match, place, use, score, now }: Ranking,
): { best: readonly Best[]; total: number } {
  const numbers = index.numbers()
  const matches = new Float64Array(numbers)
  for (let n = 0; n < numbers; n++) {
    const text = index.text(n)
    if (text !== undefined) matches[n] = match(text)
  }
  const places = Float64Array.from(index.places(), place)
  const worth = new Float64Array(numbers)
  const uses = new Uint32Array(numbers)
  const failures = new Uint32Array(numbers)
  const unknown = new Uint32Array(numbers)
  const chunks: Readonly<Chunk>[] = []
  const newestChunk = new Uint32Array(numbers)
  const newestAt = new Uint32Array(numbers)
  const order: number[] = []
  index.each({ ...indexFilter(filter), fits: (n) => matches[n]! > 0 }, (chunk, at) => {
    const number = chunk.number[at]!
    if (chunks.at(-1) !== chunk) chunks.push(chunk)
    if (uses[number] === 0) {
      newestChunk[number] = chunks.length - 1
      newestAt[number] = at
      order.push(number)
    }
    const failed = index.failed(chunk, at)
    uses[number]!++
    if (failed) failures[number]!++
    if (!index.ended(chunk, at)) unknown[number]!++
    const ageMs = Math.max(0, now - chunk.start[at]! / 1000)
    worth[number]! += places[chunk.place[at]!]! * use(ageMs, failed)
    return true
  })
  const best: { readonly score: number; readonly number: number }[] = []
  for (const number of order) {
    const start = chunks[newestChunk[number]!]!.start[newestAt[number]!]!
    const ageMs = Math.max(0, now - start / 1000)
    const one = { score: score({ match: matches[number]!, worth: worth[number]!, ageMs }), number }
    if (best.length === filter.limit && one.score <= best.at(-1)!.score) continue
    const behind = best.findIndex((other) => other.score < one.score)
    best.splice(behind < 0 ? best.length : behind, 0, one)
    if (best.length > filter.limit) best.pop()
  }
  return {
    total: order.length,
    best: best.map((one) => ({
      score: one.score,
      hit: index.hit(chunks[newestChunk[one.number]!]!, newestAt[one.number]!),
      uses: uses[one.number]!,
      failures: failures[one.number]!,
      unknown: unknown[one.number]!,
    })),
  }
}
