// Work that costs much and that any person may ask for: one piece at a time for each, and only a few that wait.

import { createSerial, type Limiter } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'

/** A page and a command at once, and each again before it is done. */
const WAITING_MAX = 4

/** Runs `work` when what this person asked for before is done; KaroError `rate_limited` when too much of theirs waits. */
export function createOneEach(): <T>(uid: number, work: () => Promise<T>) => Promise<T> {
  const people = new Map<number, Limiter>()
  return async (uid, work) => {
    const serially = people.get(uid) ?? createSerial()
    if (serially.pending() > WAITING_MAX) {
      throw new KaroError('rate_limited', 'this is being worked on for you already', {
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
