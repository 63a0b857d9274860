// Runs expensive work that any person may ask for: one piece at a time for each person, and few that wait.

import { createSerial, type Limiter } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'

/** Most pieces that wait for one person: a page and a command may each ask twice. */
const WAITING_MAX = 4

/** Runs `work` after the earlier work of the same person. Throws KaroError `rate_limited` if too much of it waits. */
export function createOneEach(): <T>(uid: number, work: () => Promise<T>) => Promise<T> {
  const people = new Map<number, Limiter>()
  return async (uid, work) => {
    const serially = people.get(uid) ?? createSerial()
    if (serially.pending() > WAITING_MAX) {
      throw new KaroError('rate_limited', 'too many of your requests of this kind are waiting already', {
        hint: 'Wait for the answers to your earlier requests.',
      })
    }
    people.set(uid, serially)
    try {
      return await serially(work)
    } finally {
      if (serially.pending() === 0) people.delete(uid)
    }
  }
}
