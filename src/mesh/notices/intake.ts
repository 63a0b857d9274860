// Notices as signed frames: signs this node's own, and judges those that neighbours bring, before anything else sees them.
import type { Message, Topic, WireBody } from '../../../protocols/define.ts'
import {
  CLOCK_WINDOW_MS,
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  type MessageTable,
  messageTable,
  NONCE_BYTES,
  type RejectCode,
  readHeader,
} from '../../../protocols/frame.ts'
import { NAME_BYTES } from '../../../protocols/messages/notices.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createQuota, type Quota } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { fingerprintOf, type Identity, verifySignature } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Rejections } from '../link/rejections.ts'

/**
 * The notices that one neighbour may hand on, over all topics: 50 frames a second in the long run (twenty times the
 * traffic of a thousand quiet nodes), and 2 000 at once, for the moment when two halves of a mesh find each other
 * again.
 */
const HANDED_ON = { frames: 2_000, perMs: 40_000 }
/** Quota for authors that are neither admitted nor members here: invented authors must not use up the whole of `HANDED_ON`. */
const UNKNOWN = { frames: 100, perMs: 20_000 }
/** Quota of one neighbour for authors that this node has never heard of, because keys cost nothing. */
const NEWCOMERS = { frames: 512, perMs: 3_600_000 }
/** Of a neighbour that brought so many frames that it ought to have refused itself, nothing more is looked at for a while. */
const BAD = { frames: 3, perMs: 60_000 }
/** Neighbours whose quotas are remembered after they left. */
const NEIGHBOURS_MAX = 1_024
/** Pairs of author and topic whose quota is remembered, and authors that were heard of. */
const AUTHORS_MAX = 8_192

/**
 * Held against the neighbour: it ought to have seen the same. Clocks and quotas may look different where it stands, and so
 * may versions and opinions.
 */
const BLAMED: ReadonlySet<RejectCode> = new Set(['bad_magic', 'too_large', 'bad_signature', 'malformed'])

/** What is told to all members: a frame that its author signed. */
export interface Notice {
  readonly topic: Topic
  readonly author: NodeId
  /** By which neighbours name it, in hex. */
  readonly name: string
  readonly version: number
  readonly frame: Frame
}

export interface IntakeDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign'>
  readonly trust: Pick<Trust, 'admits' | 'refuses' | 'member'>
  readonly rejections: Pick<Rejections, 'count' | 'tally' | 'failed'>
  /** All topics; asked when the first notice comes. */
  readonly topics: () => readonly Topic[]
}

/** The quotas of one neighbour. */
interface Handed {
  readonly all: Quota
  readonly unknown: Quota
  readonly newcomers: Quota
  readonly bad: Quota
}

const nameOf = (topic: Topic, sender: Uint8Array, bytes: Uint8Array): string =>
  topic.newest === true ? fingerprintOf(sender) : toHex(blake3([bytes], NAME_BYTES))

export type Intake = ReturnType<typeof createIntake>

export function noticeOf(topic: Topic, frame: Frame): Notice {
  const { sender, ts } = frame.envelope
  const version = topic.newest === true ? (frame.body as { readonly version: number }).version : ts
  return {
    topic,
    author: formatNodeId(sender),
    name: nameOf(topic, sender, frame.bytes),
    version,
    frame,
  }
}

export function createIntake({ identity, trust, rejections, clock, random, topics }: IntakeDeps) {
  const handedOn = createRecent<NodeId, Handed>(NEIGHBOURS_MAX)
  const authors = createRecent<string, Quota>(AUTHORS_MAX)
  const heardOf = createRecent<NodeId, true>(AUTHORS_MAX)
  let known: { readonly messages: MessageTable; readonly topics: ReadonlyMap<Message, Topic> } | undefined

  function tables() {
    known ??= {
      messages: messageTable(topics().flatMap(({ messages }) => Object.values(messages))),
      topics: new Map(
        topics().flatMap((topic) =>
          Object.values(topic.messages).map((message) => [message, topic] as const),
        ),
      ),
    }
    return known
  }

  const quotasOf = (neighbour: NodeId): Handed =>
    handedOn.getOrInsert(neighbour, () => ({
      all: createQuota(HANDED_ON),
      unknown: createQuota(UNKNOWN),
      newcomers: createQuota(NEWCOMERS),
      bad: createQuota(BAD),
    }))

  const isUnknown = (author: NodeId) =>
    author !== identity.nodeId && !trust.admits(author) && trust.member(author) === undefined

  const ofAuthor = (topic: Topic, author: NodeId) => `${author} ${topic.id}`

  /** Throws FrameError. Keys cost nothing, so that what invented ones sign is bounded by who hands it on, unverified. */
  const within = (topic: Topic, author: NodeId, ts: number, from: NodeId): void => {
    // A refused author is refused here at once, even while other nodes still pass it on.
    if (trust.refuses(author)) throw new FrameError('not_admitted', 'not heard here')
    const off = ts - clock.now()
    if (off > CLOCK_WINDOW_MS || off < -topic.toldForMs - CLOCK_WINDOW_MS)
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
    protocol: string,
    { code, message: reason, clockOffMs }: FrameError,
    from: NodeId,
    author: NodeId | undefined,
  ): void => {
    if (BLAMED.has(code)) quotasOf(from).bad.take(clock.monotonic())
    else if (author !== from) return
    rejections.count(code, protocol, from, { reason, clockOffMs })
  }

  const takes = (neighbour: NodeId): boolean => {
    const now = clock.monotonic()
    const { all, bad } = quotasOf(neighbour)
    const isFree = all.take(now) && bad.has(now)
    // A relay may receive from each of its neighbours as much as it may hand on itself, so the ledger does not blame it.
    if (!isFree) rejections.tally('rate_limited')
    return isFree
  }

  return {
    /** A notice of this node's own. */
    seal<B extends WireBody>(topic: Topic, message: Message<B>, body: NoInfer<B>) {
      const envelope = {
        sender: identity.publicKey,
        ts: clock.now(),
        nonce: random.bytes(NONCE_BYTES),
        seq: 0,
      }
      const bytes = encodeFrame(message, envelope, body, (signed) => identity.sign(signed))
      return noticeOf(topic, { type: message.type, message, envelope, body, bytes })
    },
    /**
     * Counts, decodes and verifies what the neighbour `from` brought. Only what it says itself and what was `asked` for, by name, is
     * verified, and not where there is too much. Undefined: it is refused. Never throws.
     */
    open(bytes: Uint8Array, from: NodeId, asked: ReadonlySet<string>) {
      if (!takes(from)) return undefined
      let protocol: string = hello.id
      let author: NodeId | undefined
      try {
        const { messages, topics: topicOf } = tables()
        const topic = topicOf.get(readHeader(bytes, messages).message) as Topic
        protocol = topic.id
        const frame = decodeFrame(bytes, {
          messages,
          verify: verifySignature,
          bound({ sender, ts }) {
            author = formatNodeId(sender)
            if (author !== from && !asked.has(nameOf(topic, sender, bytes)))
              throw new FrameError('not_admitted', 'nobody asked for it')
            within(topic, author, ts, from)
          },
          admit: (_, { sender }) => admit(topic, formatNodeId(sender)),
        })
        return noticeOf(topic, frame)
      } catch (error) {
        if (error instanceof FrameError) refuse(protocol, error, from, author)
        else rejections.failed(protocol, from, error)
        return undefined
      }
    },
  }
}
