// People who were removed, so that nothing is written for them any more; their numbers are never given again.
import type { Limiter } from '../base/async/limiter.ts'
import { KaroError } from '../base/errors.ts'

export interface Removed {
  /** To be called in the queue, before each write. Throws KaroError `not_found` for a person who was removed. */
  check(person: number): void
  has(person: number): boolean
  /** Resolves when nothing more is written for this person. */
  remove(person: number): Promise<void>
}

/** `serially`: the queue of all writes. */
export function createRemoved(serially: Limiter): Removed {
  const gone = new Set<number>()
  return {
    has: (person) => gone.has(person),
    check(person) {
      if (gone.has(person)) throw new KaroError('not_found', 'this person was removed')
    },
    async remove(person) {
      gone.add(person)
      await serially(async () => {})
    },
  }
}
