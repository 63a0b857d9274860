// Reads the questions that neighbours hand on: each document is verified once, and only so many of each neighbour.
import { FrameError } from '../../../../protocols/frame.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import { isSame } from '../../../trust/identity/index.ts'
import type { Question } from '../document.ts'
import type { Intake } from './intake.ts'
import { CARRIED_MAX } from './relay.ts'
import type { Hop, RoutedId } from './types.ts'

/** Documents whose signature is known to be good: a copy comes over every link, and all copies are the same bytes. */
const CHECKED_MAX = 2 * CARRIED_MAX
/** All copies of a question come while its asker waits for answers, which is a minute at most. */
const CHECKED_MS = 60_000

type Reading = { readonly question: Question } | { readonly unread: RoutedId }

export interface ReadingDeps {
  readonly clock: Clock
  readonly intake: Pick<Intake, 'reads'>
  /** Verifies a question's document; FrameErrors as `readQuestion` in `document.ts`. */
  readonly read: (document: Uint8Array, queryId: Uint8Array, now: number) => Question
  /** The key that the document names as its author, with no signature checked. */
  readonly authorOf: (document: Uint8Array) => Uint8Array
}

/**
 * `unread`: this neighbour handed on more than its quota, so nothing was verified; author and id are what the document
 * claims. Undefined: the question is over. FrameErrors: those of `read`, except `stale`.
 */
export function createReading({ clock, intake, read, authorOf }: ReadingDeps) {
  /** By digest of the document: authors choose ids, so two documents may have the same id. */
  const checked = createRecent<string, Question>(CHECKED_MAX, {
    ms: CHECKED_MS,
    now: () => clock.monotonic(),
  })

  return (from: NodeId, { query_id, document }: Hop): Reading | undefined => {
    const digest = toHex(blake3([document]))
    const known = checked.get(digest)
    // A dead question that is played again would be worked on, and written into the ledger, once more.
    const lives = known !== undefined && clock.now() < known.body.expires_at
    if (lives && isSame(known.body.query_id, query_id)) return { question: known }
    if (!intake.reads(from)) return { unread: { author: authorOf(document), query_id } }
    try {
      const question = read(document, query_id, clock.now())
      checked.set(digest, question)
      return { question }
    } catch (error) {
      // A neighbour verifies what it hands on, so it answers for a forged question; but its clock may differ from this one.
      if (error instanceof FrameError && error.code === 'stale') return undefined
      throw error
    }
  }
}
