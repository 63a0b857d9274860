// How many new questions are taken up, per author and per neighbour.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { createQuotas } from '../../../base/quota.ts'

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

export interface Intake {
  /** Counts one document that was not seen before; false when the neighbour hands on too many. */
  reads(neighbour: NodeId): boolean
  /** Counts one new question against both quotas; false when one of them is used up. */
  admits(neighbour: NodeId, author: NodeId): boolean
}

/** `memberOf`: the first key of a lineage, so that a new key brings no new quota. */
export function createIntake(
  clock: Clock,
  memberOf: (author: NodeId) => NodeId = (author) => author,
): Intake {
  const readsOf = createQuotas<NodeId>(READ_QUOTA, REMEMBERED_MAX)
  const neighbours = createQuotas<NodeId>(NEIGHBOUR_QUOTA, REMEMBERED_MAX)
  const authors = createQuotas<NodeId>(AUTHOR_QUOTA, REMEMBERED_MAX)

  return {
    reads: (neighbour) => readsOf(neighbour).take(clock.monotonic()),
    // The neighbour's quota comes first, so that a neighbour beyond it cannot fill the table of authors with invented keys.
    admits: (neighbour, author) =>
      neighbours(neighbour).take(clock.monotonic()) && authors(memberOf(author)).take(clock.monotonic()),
  }
}
