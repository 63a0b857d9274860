// Reads releases before anybody asks for them: to open and check one takes milliseconds, and a question is about several.
import { bucketOfSlot } from '../../../protocols/buckets.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import type { TotalsParts } from './parts.ts'
import { authorsUnder, type Plan } from './plan.ts'

/** The newest are read ahead: two of each of a month's days for one role. What is older is read when it is asked for. */
const AHEAD_MAX = 62

export function createAhead({ documents, releases }: TotalsParts) {
  const done = createRecent<string, true>(2 * AHEAD_MAX)
  const nameOf = (author: NodeId, slot: string): string => `${author} ${slot}`

  return {
    /** Reads the newest releases that were not read yet, with a turn of the event loop between two. What does not open is left out. */
    async round(plan: Plan) {
      const all = authorsUnder(plan).flatMap((author) =>
        documents.slots(author, 'release').map((slot) => ({ author, slot, end: endOf(slot) })),
      )
      const newest = all.sort((a, b) => b.end - a.end).slice(0, AHEAD_MAX)
      const missing = newest.filter(({ author, slot }) => !done.has(nameOf(author, slot)))
      for (const { author, slot } of missing) {
        done.set(nameOf(author, slot), true)
        for (const document of await documents.of(author, 'release', (one) => one === slot))
          releases.read(plan, document)
      }
    },
    /** Another edition has come. */
    came: (author: NodeId, slot: string) => void done.delete(nameOf(author, slot)),
  }
}

/** A release is of `<bucket>:<audience>`. */
const endOf = (slot: string): number => bucketOfSlot(slot.split(':').slice(0, 2).join(':'))?.end ?? 0
