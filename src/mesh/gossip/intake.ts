// Judges what arrives by gossip: the frame, its author, and how much of it there may be, before any room sees it.
import type { Topic } from '../../../protocols/define.ts'
import {
  CLOCK_WINDOW_MS,
  decodeFrame,
  type Envelope,
  type Frame,
  FrameError,
  type MessageTable,
  messageTable,
  type RejectCode,
} from '../../../protocols/frame.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createQuota, type Quota } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import { verifySignature } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Rejections } from '../link/rejections.ts'
import type { GossipHandler, GossipVerdict, PeerRef } from '../types.ts'

/**
 * The messages that one neighbour may hand on, over all topics: 50 frames a second in the long run (twenty times the
 * traffic of a thousand quiet nodes), and 2 000 at once, for the moment when two halves of a mesh find each other
 * again.
 */
const HANDED_ON = { frames: 2_000, perMs: 40_000 }
/** Quota for authors that are neither admitted nor members here: invented authors must not use up the whole of `HANDED_ON`. */
const UNKNOWN = { frames: 100, perMs: 20_000 }
/** Quota of one neighbour for authors that this node has never heard of, because keys cost nothing. */
const NEWCOMERS = { frames: 512, perMs: 3_600_000 }
/** Neighbours whose quotas are remembered after they left. */
const NEIGHBOURS_MAX = 1_024
/** Pairs of author and topic whose quota is remembered, and authors that were heard of. */
const AUTHORS_MAX = 8_192

/**
 * `reject` is held against the neighbour: it ought to have seen the same. Clocks and quotas may look different where it
 * stands, and so may versions and opinions; what differs there is only dropped.
 */
const VERDICTS: Readonly<Record<RejectCode, 'ignore' | 'reject'>> = {
  bad_magic: 'reject',
  bad_version: 'ignore',
  too_large: 'reject',
  unknown_type: 'ignore',
  bad_signature: 'reject',
  malformed: 'reject',
  stale: 'ignore',
  replayed: 'ignore',
  out_of_order: 'ignore',
  not_admitted: 'ignore',
  rate_limited: 'ignore',
}

export interface IntakeDeps {
  readonly self: NodeId
  readonly trust: Pick<Trust, 'admits' | 'refuses' | 'member'>
  readonly rejections: Pick<Rejections, 'count' | 'tally' | 'failed'>
  readonly clock: Clock
}

/** The quotas of one neighbour. */
interface Handed {
  readonly all: Quota
  readonly unknown: Quota
  readonly newcomers: Quota
}

export interface Intake {
  /** Counts one message that the neighbour handed on. False: it is too many, and the router is not to see it. */
  takes(neighbour: NodeId): boolean
  /**
   * Looks at who says when to have signed `bytes`, and verifies nothing. False: whoever signed it, it would be ignored, so that
   * the router is not to see it and remembers nothing of it. What is no frame is for `judge`. Never throws.
   */
  glances(topic: Topic, bytes: Uint8Array, neighbour: NodeId): boolean
  /**
   * Counts, decodes and verifies what `from` brought because it was asked for, and which may be `oldMs` old. Nothing is verified
   * of authors that `isExpected` says no of. Undefined: it is refused. Never throws.
   */
  open(
    topic: Topic,
    bytes: Uint8Array,
    from: NodeId,
    isExpected: (author: NodeId) => boolean,
    oldMs: number,
  ): Frame | undefined
  /** Decodes, verifies and judges `bytes`, which `glances` let through and the neighbour `from` handed on. Never throws. */
  judge(topic: Topic, handler: GossipHandler, bytes: Uint8Array, from: PeerRef): GossipVerdict
}

export function createIntake({ self, trust, rejections, clock }: IntakeDeps): Intake {
  const tables = new WeakMap<Topic, MessageTable>()
  const handedOn = createRecent<NodeId, Handed>(NEIGHBOURS_MAX)
  const authors = createRecent<string, Quota>(AUTHORS_MAX)
  const heardOf = createRecent<NodeId, true>(AUTHORS_MAX)

  const tableOf = (topic: Topic): MessageTable => {
    const table = tables.get(topic) ?? messageTable(Object.values(topic.messages))
    tables.set(topic, table)
    return table
  }

  const quotasOf = (neighbour: NodeId): Handed =>
    handedOn.getOrInsert(neighbour, () => ({
      all: createQuota(HANDED_ON),
      unknown: createQuota(UNKNOWN),
      newcomers: createQuota(NEWCOMERS),
    }))

  const isUnknown = (author: NodeId): boolean => !trust.admits(author) && trust.member(author) === undefined

  const ofAuthor = (topic: Topic, author: NodeId): string => `${author} ${topic.id}`

  /** Throws FrameError. Keys cost nothing, so that what invented ones sign is bounded by who hands it on, unverified. */
  const within = (topic: Topic, author: NodeId, ts: number, from: NodeId, oldMs = CLOCK_WINDOW_MS): void => {
    // A refused author is refused here at once, even while other nodes still pass it on.
    if (author === self || trust.refuses(author)) throw new FrameError('not_admitted', 'not heard here')
    const off = ts - clock.now()
    if (off > CLOCK_WINDOW_MS || off < -oldMs)
      throw new FrameError('stale', `the clocks differ by ${Math.round(off / 1_000)} s`, off)
    const now = clock.monotonic()
    if (authors.peek(ofAuthor(topic, author))?.has(now) === false)
      throw new FrameError('rate_limited', 'too many of this author')
    if (!isUnknown(author)) return
    const { unknown, newcomers } = quotasOf(from)
    if (!unknown.take(now) || (heardOf.get(author) === undefined && !newcomers.take(now)))
      throw new FrameError('rate_limited', 'too much of unknown authors from this neighbour')
  }

  /** Throws FrameError. Runs after the signature check, so that no node can use up another node's quota. */
  const admit = (topic: Topic, author: NodeId): void => {
    if (isUnknown(author)) heardOf.set(author, true)
    const { messages, perMs } = topic.quota
    const quota = authors.getOrInsert(ofAuthor(topic, author), () => createQuota({ frames: messages, perMs }))
    if (!quota.take(clock.monotonic())) throw new FrameError('rate_limited', 'too many of this author')
  }

  /** The ledger blames the neighbour only for its own acts: malformed bytes, or its own messages. */
  const refuse = (
    topic: Topic,
    error: FrameError,
    from: NodeId,
    author: NodeId | undefined,
  ): GossipVerdict => {
    const verdict = VERDICTS[error.code]
    if (verdict === 'reject' || author === from) {
      const { message: reason, clockOffMs } = error
      rejections.count(error.code, topic.id, from, { reason, clockOffMs })
    }
    return verdict
  }

  const hand = (topic: Topic, handler: GossipHandler, frame: Frame, from: PeerRef): GossipVerdict => {
    const { sender } = frame.envelope
    try {
      const verdict = handler.message({ nodeId: formatNodeId(sender), publicKey: sender }, frame, from)
      if (verdict === 'reject') rejections.count('malformed', topic.id, from.nodeId)
      return verdict
    } catch (error) {
      rejections.failed(topic.id, from.nodeId, error)
      return 'ignore'
    }
  }

  const takes = (neighbour: NodeId): boolean => {
    const isFree = quotasOf(neighbour).all.take(clock.monotonic())
    // A relay may receive from each of its neighbours as much as it may hand on itself, so the ledger does not blame it.
    if (!isFree) rejections.tally('rate_limited')
    return isFree
  }

  return {
    takes,
    open(topic, bytes, from, isExpected, oldMs) {
      let author: NodeId | undefined
      if (!takes(from)) return undefined
      try {
        return decodeFrame(bytes, {
          messages: tableOf(topic),
          verify: verifySignature,
          bound({ sender, ts }) {
            author = formatNodeId(sender)
            if (!isExpected(author)) throw new FrameError('not_admitted', 'nobody asked for it')
            within(topic, author, ts, from, oldMs)
          },
          admit: (_, { sender }) => admit(topic, formatNodeId(sender)),
        })
      } catch (error) {
        if (error instanceof FrameError) refuse(topic, error, from, author)
        else rejections.failed(topic.id, from, error)
        return undefined
      }
    },
    glances(topic, bytes, neighbour) {
      let author: NodeId | undefined
      const bound = ({ sender, ts }: Envelope): void => {
        author = formatNodeId(sender)
        within(topic, author, ts, neighbour)
      }
      try {
        decodeFrame(bytes, { messages: tableOf(topic), bound, verify: () => false })
      } catch (error) {
        if (error instanceof FrameError && VERDICTS[error.code] === 'ignore')
          return refuse(topic, error, neighbour, author) !== 'ignore'
      }
      // Nothing was verified, so that a frame without a fault ended as one with a bad signature.
      return true
    },
    judge(topic, handler, bytes, from) {
      let author: NodeId | undefined
      try {
        const frame = decodeFrame(bytes, {
          messages: tableOf(topic),
          verify: verifySignature,
          admit(_, { sender }) {
            author = formatNodeId(sender)
            admit(topic, author)
          },
        })
        return hand(topic, handler, frame, from)
      } catch (error) {
        if (error instanceof FrameError) return refuse(topic, error, from.nodeId, author)
        // A mistake of ours; the frame that showed it is refused all the same, and is passed on by nobody.
        rejections.failed(topic.id, from.nodeId, error)
        return refuse(topic, new FrameError('malformed', 'it could not be decoded'), from.nodeId, author)
      }
    },
  }
}
