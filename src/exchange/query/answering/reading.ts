// Reads the questions that neighbours hand on: each document is verified once, and of each neighbour only so many.
import { FrameError } from '../../../../protocols/frame.ts'
import type { Clock } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import type { Log } from '../../../base/run/log.ts'
import type { PeerRef } from '../../../mesh/index.ts'
import { authorOf, type Question, readQuestion, sameBytes } from '../document.ts'
import { CARRIED_MAX } from './forward.ts'
import type { Intake } from './intake.ts'
import type { RoutedId } from './router.ts'

/** Documents whose signature is known to be good: a copy comes over every link, and all are the same bytes. */
const CHECKED_MAX = 2 * CARRIED_MAX
/** The copies of a question come while somebody waits for an answer, and nobody waits longer. */
const CHECKED_MS = 60_000

type Reading = { readonly question: Question } | { readonly unread: RoutedId }

/**
 * `unread`: this neighbour handed on more than it may, so nothing was verified; author and id are what the document
 * claims. Undefined: the question is over. FrameErrors: those of `readQuestion`, except `stale`.
 */
export type ReadHop = (peer: PeerRef, queryId: Uint8Array, document: Uint8Array) => Reading | undefined

export function createReading({
  clock,
  log,
  intake,
}: {
  readonly clock: Clock
  readonly log: Log
  readonly intake: Pick<Intake, 'reads'>
}): ReadHop {
  /** By digest of the document: authors choose ids, so two documents may have the same. */
  const checked = createRecent<string, Question>(CHECKED_MAX, {
    ms: CHECKED_MS,
    now: () => clock.monotonic(),
  })

  return (peer, queryId, document) => {
    const digest = toHex(blake3([document]))
    const known = checked.get(digest)
    // Only while it lives: a dead question that is played again would be worked on, and written down, once more.
    if (
      known !== undefined &&
      sameBytes(known.body.query_id, queryId) &&
      clock.now() < known.body.expires_at
    ) {
      return { question: known }
    }
    if (!intake.reads(peer.nodeId)) return { unread: { author: authorOf(document), query_id: queryId } }
    try {
      const question = readQuestion(document, queryId, clock.now())
      checked.set(digest, question)
      return { question }
    } catch (error) {
      // A neighbour checks what it hands on, so one that hands on a forged question answers for it. Clocks differ.
      if (!(error instanceof FrameError) || error.code !== 'stale') throw error
      log.debug({ peer: peer.nodeId, code: error.code }, 'question refused')
      return undefined
    }
  }
}
